import { expect } from 'vitest'
import { attack } from '../attack.ts'

const attempts = 900
const limits = { connections: 600 }

attack(
  'a network address that takes the connections of a hub, as many users (SEC-12)',
  { hub: { limits } },
  async (scene) => {
    const all = await scene.intruders(attempts, (i) => ({ user: `guest-${i}` }))
    await scene.goesOn(2_500)
    const open = all.filter(({ welcome, closed }) => welcome !== null && closed === null).length
    scene.note({ open, places: limits.connections })
    expect(open, 'connections that the address has').toBeLessThanOrEqual(limits.connections / 2)
  },
)
