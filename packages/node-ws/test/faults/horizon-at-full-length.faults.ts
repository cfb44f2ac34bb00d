import { systemRuntime } from '@chat/core'
import { expect, test } from 'vitest'
import { throughProxy } from '../support/through-proxy.ts'

test('a send is uncertain when its hub is out of reach for a minute, and unwritten sends still go out (P-PB-3)', async () => {
  const { proxy, enter } = await throughProxy({ runtime: systemRuntime, timeouts: {} })
  const bob = await enter('bob')

  proxy.stall()
  const start = performance.now()
  const written = bob.say('written')
  await new Promise(setImmediate)
  proxy.refusing = true
  proxy.reset()
  await bob.reaches('reconnecting')
  const unwritten = bob.say('unwritten')

  expect(await written).toBe('uncertain')
  expect(performance.now() - start).toBeGreaterThan(59_000)
  expect(performance.now() - start).toBeLessThan(63_000)
  proxy.refusing = false
  proxy.heal()
  expect(await unwritten).toBe('ok')
  expect(await bob.hears(1)).toEqual(['unwritten'])
})
