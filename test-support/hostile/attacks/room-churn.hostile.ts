import { expect } from 'vitest'
import { attack } from '../attack.ts'

const duration = 4_000

attack(
  'joins and leaves of ever new rooms with names of 250 bytes (SEC-14)',
  { hub: { limits: { rate: 5_000, burst: 5_000 } } },
  async (scene) => {
    const { rooms: before } = await scene.measure()
    const mallory = await scene.intruder()
    const end = performance.now() + duration
    let joined = 0
    while (performance.now() < end) {
      const names = Array.from({ length: 15 }, () => `#${String(joined++).padStart(240, 'r')}`)
      mallory.write(...names.map((name) => mallory.frame('join', name)))
      await mallory.answered()
      mallory.write(...names.map((name) => mallory.frame('leave', name)))
      await mallory.answered()
    }
    await scene.goesOn(200)
    const { rooms } = await scene.measure()
    scene.note({ joined: mallory.count('ok') / 2, 'rooms left': rooms - before })
    expect(rooms, 'rooms that are left').toBe(before)
  },
)
