import { expect, test } from 'vitest'
import { numbers, throughProxy } from '../support/through-proxy.ts'

test('a client that was away for longer than the log’s retention gets a gap, and continues (F4, F16)', async () => {
  const { proxy, enter, hub } = await throughProxy({ log: { retention: { count: 10 } } })
  const bob = await enter('bob')
  await hub.to('#lobby').send('say', 'before')
  await bob.hears(1)

  proxy.refusing = true
  proxy.reset()
  await bob.reaches('reconnecting')
  for (const i of numbers(30)) await hub.to('#lobby').send('say', i)
  proxy.refusing = false
  await bob.hears(2)
  await hub.to('#lobby').send('say', 'after')

  expect(await bob.hears(3)).toEqual(['before', 'gap: trimmed', 'after'])
  expect((await bob.lobby.history()).messages.map(({ data }) => data)).toEqual([
    ...numbers(30).slice(21),
    'after',
  ])
})
