import { expect, test } from 'vitest'
import { throughProxy } from '../support/through-proxy.ts'

test.each([
  ['the hub’s side', 'down'],
  ['the client’s side', 'up'],
] as const)('a connection of which only %s has ended is given up by both, and replaced', async (_, way) => {
  const { proxy, enter, hub, connects } = await throughProxy()
  const bob = await enter('bob')

  proxy.halfClose(way)
  await bob.reaches('reconnecting')
  await hub.to('#lobby').send('say', 'meanwhile')

  expect(await bob.hears(1)).toEqual(['meanwhile'])
  expect(await bob.say('still here')).toBe('ok')
  expect(connects.at(-1)).toEqual({ user: 'bob', resumed: true })
  expect(hub.sessions).toHaveLength(1)
})
