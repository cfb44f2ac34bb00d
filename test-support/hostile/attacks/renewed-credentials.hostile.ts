import { expect } from 'vitest'
import { attack } from '../attack.ts'

const rooms = 128
const renewals = 12_000

attack(
  'a transmission of 12 000 renewals of the credentials, in 128 rooms (SEC-13)',
  { quick: true },
  async (scene) => {
    const mallory = await scene.intruder({
      user: 'm',
      hello: { streams: Object.fromEntries(Array.from({ length: rooms }, (_, i) => [`#r${i}`, null])) },
    })
    const { policies: before } = await scene.measure()
    const frames = Array.from({ length: renewals }, () => `["auth",${++ref},"m"]`)
    mallory.write(...frames)
    await mallory.answered()
    const { policies } = await scene.measure()
    scene.note({ 'policy calls': policies - before, limited: mallory.count('rate_limited') })
    // The window of 16 operations, and not the rate, keeps this attack small.
    expect(policies - before, 'calls of the policy').toBeLessThan(renewals)
  },
)

let ref = 0
