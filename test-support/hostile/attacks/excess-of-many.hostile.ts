import { expect } from 'vitest'
import { attack } from '../attack.ts'

const connections = 400
const duration = 16_000

attack(
  'one user with 400 connections, each below the excess that a connection may send (SEC-13)',
  { peak: 96 },
  async (scene) => {
    const all = await scene.intruders(connections, () => ({}))
    await scene.mark()
    const end = performance.now() + duration
    let written = 0
    while (performance.now() < end) {
      for (const each of all) {
        if (each.closed !== null) continue
        for (let n = 0; n < 40; n++) each.write('["cast","#locked","say",1]')
        written += 40
      }
      await scene.goesOn(500)
    }
    const closed = all.filter((each) => each.closed === 4013).length
    scene.note({ written, closed })
    expect(closed, 'connections that were closed').toBeGreaterThan(connections / 2)
  },
)
