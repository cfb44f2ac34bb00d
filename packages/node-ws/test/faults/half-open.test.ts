import { expect, test } from 'vitest'
import { impatient } from '../../../../test-support/fast.ts'
import { numbers, throughProxy } from '../support/through-proxy.ts'

test('a connection that vanished silently is noticed, and the missed messages arrive (F2, P-LV-1)', async () => {
  const { proxy, enter, enterDirectly } = await throughProxy({ timeouts: impatient })
  const bob = await enter('bob')
  const alice = await enterDirectly('alice')

  proxy.strand()
  for (const i of numbers(10)) await alice.say(i)

  expect(await bob.hears(10)).toEqual(numbers(10))
  expect(bob.statuses.slice(0, 3)).toEqual(['connected', 'reconnecting', 'connected'])
  expect(bob.reasons[0]).toMatch('unable to stay connected')
})

test('when only the direction to the client is lost, a send without an answer notices, and is stored once (F2, S-09)', async () => {
  const { proxy, enter, hub } = await throughProxy({ timeouts: { heartbeat: 29_000, heartbeatGrace: 5_000 } })
  const bob = await enter('bob')
  let stored = 0
  hub.on('say', () => stored++)

  proxy.strand('down')
  expect(await bob.say('hi')).toBe('ok')

  expect(bob.reasons[0]).toBe('unable to stay connected: no answer to a ping')
  expect(await bob.hears(1)).toEqual(['hi'])
  expect(stored).toBe(1)
})

test('when only the direction to the hub is lost, the hub notices and closes (F2, S-09, P-LV-1)', async () => {
  const { proxy, enter, hub, codes } = await throughProxy({
    timeouts: { heartbeat: 4_000, heartbeatGrace: 4_000 },
  })
  const bob = await enter('bob')

  proxy.strand('up')
  await bob.reaches('reconnecting')
  await hub.to('#lobby').send('say', 'meanwhile')

  expect(await bob.hears(1)).toEqual(['meanwhile'])
  expect(codes[0]).toBe(4012)
})
