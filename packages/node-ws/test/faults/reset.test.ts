import { expect, test } from 'vitest'
import { numbers, throughProxy } from '../support/through-proxy.ts'

test('after a reset no message and no answer of a send is lost (F1)', async () => {
  const { proxy, enter, connects } = await throughProxy()
  const [alice, bob] = [await enter('alice'), await enter('bob')]

  const sent: Promise<string>[] = []
  for (const i of numbers(60)) {
    sent.push(alice.say(i))
    if (i % 20 === 10) {
      await sent[i - 1]
      proxy.reset()
    }
  }

  expect(new Set(await Promise.all(sent))).toEqual(new Set(['ok']))
  expect(await bob.hears(60)).toEqual(numbers(60))
  expect(await alice.hears(60)).toEqual(numbers(60))
  expect(connects.slice(2).every(({ resumed }) => resumed)).toBe(true)
})

test('the application sees a reset as reconnecting, then connected, in the same session (F1)', async () => {
  const { proxy, enter } = await throughProxy()
  const alice = await enter('alice')
  const { session } = alice.client

  proxy.reset()
  const sent = alice.say('late')
  await alice.reaches('reconnecting')

  expect(await sent).toBe('ok')
  expect(alice.statuses).toEqual(['connected', 'reconnecting', 'connected'])
  expect(alice.client.session).toBe(session)
  expect(await alice.hears(1)).toEqual(['late'])
})

test('a reset before the welcome costs only the attempt', async () => {
  const { proxy, enter, connects } = await throughProxy()
  proxy.down.cutAfter = 200
  const alice = await enter('alice')

  expect(await alice.say('hi')).toBe('ok')
  expect(proxy.accepted).toBe(2)
  expect(connects.at(-1)).toEqual({ user: 'alice', resumed: false })
})
