import { expect } from 'vitest'
import { attack } from '../attack.ts'

const readers = 50

attack(
  'fifty subscribers of a busy room that never read (SEC-07)',
  { peak: 96, keeps: 24, hub: { limits: { stalled: 3_000 } } },
  async (scene) => {
    const all = await scene.intruders(readers, () => ({ hello: { streams: { '#busy': null } } }))
    for (const { socket } of all) socket.pause()
    await scene.fill({ address: '#busy', count: 400, bytes: 30_000 })
    await scene.goesOn(6_500)
    const { sessions } = await scene.measure()
    scene.note({ readers })
    expect(sessions, 'sessions that are left').toBeLessThanOrEqual(scene.before.sessions + 1)
  },
)
