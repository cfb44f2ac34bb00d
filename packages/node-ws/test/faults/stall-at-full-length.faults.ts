import { setTimeout as sleep } from 'node:timers/promises'
import { systemRuntime } from '@chat/core'
import { expect, test } from 'vitest'
import { throughProxy } from '../support/through-proxy.ts'

test('a stall of 40 s, with the default timeouts, costs neither side a message (F2, F3)', async () => {
  const { proxy, enter, enterDirectly, connects } = await throughProxy({
    runtime: systemRuntime,
    timeouts: {},
  })
  const [alice, bob] = [await enterDirectly('alice'), await enter('bob')]
  bob.patience = 60_000

  proxy.stall()
  const sent = bob.say('from bob')
  await alice.say('from alice')
  const start = performance.now()
  await bob.reaches('reconnecting')
  expect(performance.now() - start).toBeGreaterThan(14_000)
  expect(performance.now() - start).toBeLessThan(20_000)
  await sleep(40_000 - (performance.now() - start))
  proxy.heal()

  expect(await sent).toBe('ok')
  expect(await bob.hears(2)).toEqual(['from alice', 'from bob'])
  expect(await alice.hears(2)).toEqual(['from alice', 'from bob'])
  expect(connects.at(-1)).toEqual({ user: 'bob', resumed: true })
})
