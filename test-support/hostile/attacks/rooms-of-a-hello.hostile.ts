import { expect } from 'vitest'
import { attack } from '../attack.ts'

const hellos = 50
const rooms = Object.fromEntries(Array.from({ length: 1_300 }, (_, i) => [`#${i}`, null]))

attack('hellos with 1 300 rooms each (SEC-14)', { quick: true }, async (scene) => {
  const { policies: before } = await scene.measure()
  for (let n = 0; n < hellos; n++) {
    const mallory = await scene.intruder({ hello: { streams: rooms } })
    mallory.leave()
  }
  const policies = (await scene.measure()).policies - before
  scene.note({ 'policy calls': policies })
  // The policy is asked for rooms that the session may have, besides what the innocent clients need.
  expect(policies, 'calls of the policy').toBeLessThanOrEqual(hellos * 128 + 500)
})
