import { expect } from 'vitest'
import { attack } from '../attack.ts'
import type { Intruder } from '../intruder.ts'

const connections = 16
const duration = 12_000
const interval = 300

/** Data that takes twenty times its text when it is parsed. */
const objects = Array.from({ length: 20_000 }, () => ({}))
const limited = (all: readonly Intruder[]): number =>
  all.reduce((sum, each) => sum + each.count('rate_limited'), 0)

attack(
  'casts and sends of one user that wait for a slow policy, of data with many small objects (SEC-13)',
  { hub: { application: 'slow' }, peak: 160, keeps: 96 },
  async (scene) => {
    const all = await scene.intruders(connections, () => ({}))
    const end = performance.now() + duration
    while (performance.now() < end) {
      for (const [i, each] of all.entries())
        if (each.socket.bufferedAmount < 200_000)
          each.write(i % 2 === 0 ? JSON.stringify(['cast', '#slow', 'say', objects]) : sendOf(each))
      await scene.goesOn(interval)
    }
    scene.note({ limited: limited(all) })
    expect(all.filter(({ welcome }) => welcome !== null).length).toBe(connections)
  },
)

attack(
  'calls of one user whose handler takes a minute, of data with many small objects (SEC-13)',
  { peak: 128, keeps: 48 },
  async (scene) => {
    const all = await scene.intruders(connections, () => ({}))
    const end = performance.now() + duration
    while (performance.now() < end) {
      for (const each of all)
        if (each.socket.bufferedAmount < 200_000) each.write(each.frame('call', 'wait', objects))
      await scene.goesOn(interval)
    }
    scene.note({ limited: limited(all) })
  },
)

const sendOf = (each: Intruder): string => each.frame('send', '#slow', 'say', objects)
