import { expect } from 'vitest'
import { attack } from '../attack.ts'
import { HttpIntruder } from '../http-intruder.ts'

const attempts = 800
const limits = { connections: 600, handshakes: 300 }

attack(
  'a network address that takes the places of the HTTP transport (SEC-12)',
  { quick: true, hub: { limits } },
  async (scene) => {
    let taken = 0
    for (let n = 0; n < attempts; n += 100) {
      const next = Array.from({ length: 100 }, () => HttpIntruder.open(scene.port).catch(() => null))
      for (const each of await Promise.all(next)) {
        if (each === null) continue
        if (each.status === 200) taken++
        scene.onEnd(() => each.leave())
      }
    }
    await scene.goesOn(2_500)
    scene.note({ taken, places: limits.handshakes })
    expect(taken, 'places that the address has taken').toBeLessThanOrEqual(limits.handshakes / 2)
  },
)
