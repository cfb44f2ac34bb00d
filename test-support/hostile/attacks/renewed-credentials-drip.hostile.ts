import { expect } from 'vitest'
import { attack } from '../attack.ts'

const duration = 4_000
const rooms = Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`#r${i}`, null]))

attack(
  'renewals of the credentials as fast as they are answered, in 128 rooms (SEC-13)',
  {},
  async (scene) => {
    const mallory = await scene.intruder({ hello: { streams: rooms } })
    const { policies: before } = await scene.measure()
    const end = performance.now() + duration
    while (performance.now() < end) {
      mallory.write(...Array.from({ length: 16 }, () => mallory.frame('auth', 'mallory')))
      await mallory.answered()
      // As slow as a modem: the attack needs no bandwidth.
      await scene.goesOn(10)
    }
    const policies = (await scene.measure()).policies - before
    scene.note({ 'policy calls': policies, closed: String(mallory.closed) })
    // A burst of 5 000 rooms, 500 a second, and the renewals that begin within them.
    const allowed = 5_000 + (duration / 1_000 + 3) * 500 + 16 * 128
    expect(policies, 'calls of the policy').toBeLessThan(allowed)
  },
)
