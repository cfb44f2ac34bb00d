import { expect, test } from 'vitest'
import { throughProxy } from '../support/through-proxy.ts'

test('a message whose answer is lost is stored once, and its send succeeds (F5, P-PB-2)', async () => {
  const { proxy, enter, enterDirectly, hub } = await throughProxy()
  const [alice, bob] = [await enter('alice'), await enterDirectly('bob')]
  let stored = 0
  // Stored, but not yet answered: answers are written at the end of the turn.
  hub.on('say', () => {
    if (++stored === 1) proxy.reset()
  })

  expect(await alice.say('once')).toBe('ok')
  expect(await alice.say('then')).toBe('ok')

  for (const guest of [alice, bob]) expect(await guest.hears(2)).toEqual(['once', 'then'])
  expect(stored).toBe(2)
  expect(alice.statuses).toEqual(['connected', 'reconnecting', 'connected'])
})
