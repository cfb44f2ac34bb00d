import { expect, test } from 'vitest'
import { numbers, throughProxy } from '../support/through-proxy.ts'

test('while connections are refused, sends wait; each further attempt is reported, and the status once', async () => {
  const { proxy, enter, enterDirectly } = await throughProxy()
  const [alice, bob] = [await enter('alice'), await enterDirectly('bob')]

  proxy.refusing = true
  proxy.reset()
  const sent = numbers(20).map((i) => alice.say(i))
  await alice.until('three failed attempts', ({ errors }) => errors.length >= 3)
  expect(alice.statuses).toEqual(['connected', 'reconnecting'])
  proxy.refusing = false

  expect(new Set(await Promise.all(sent))).toEqual(new Set(['ok']))
  expect(await bob.hears(20)).toEqual(numbers(20))
  expect(alice.statuses).toEqual(['connected', 'reconnecting', 'connected'])
})

test('a connection that is accepted and never answered is aborted, and tried again', async () => {
  const { proxy, enter } = await throughProxy()
  proxy.stall('down')
  const entering = enter('alice', { connectTimeout: 4_000 })
  await new Promise<void>((resolve) => {
    const look = (): void => (proxy.accepted >= 2 ? resolve() : void setImmediate(look))
    look()
  })
  proxy.heal()

  const alice = await entering
  expect(await alice.say('hi')).toBe('ok')
})
