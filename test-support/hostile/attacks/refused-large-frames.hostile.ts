import { expect } from 'vitest'
import { attack } from '../attack.ts'

const connections = 40
const duration = 30_000

attack(
  'forty connections that repeat a frame of 60 KB with many small objects, a few times a second (SEC-13)',
  { stands: 6_000 },
  async (scene) => {
    const all = await scene.intruders(connections, () => ({}))
    for (const each of all) each.deaf = true
    const objects = Array.from({ length: 20_000 }, () => ({}))
    const repeated = JSON.stringify(['send', 1, '#flood', 'say', objects])
    const end = performance.now() + duration
    let written = 0
    while (performance.now() < end && all.some(({ closed }) => closed === null)) {
      for (const each of all) {
        if (each.closed !== null || each.socket.bufferedAmount > 200_000) continue
        each.write(repeated)
        written++
      }
      await scene.goesOn(150)
    }
    const closed = all.filter((each) => each.closed === 4013).length
    scene.note({ written, closed })
    expect(closed, 'connections closed with 4013').toBe(connections)
  },
)
