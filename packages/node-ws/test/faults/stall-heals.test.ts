import { expect, test, vi } from 'vitest'
import { impatient } from '../../../../test-support/fast.ts'
import { numbers, throughProxy } from '../support/through-proxy.ts'

test('a short stall only delays: no reconnect, late answers, late messages (F3)', async () => {
  const { proxy, enter, enterDirectly } = await throughProxy()
  const bob = await enter('bob')
  const alice = await enterDirectly('alice')

  proxy.stall()
  const sent = numbers(5).map((i) => bob.say(`bob ${i}`))
  for (const i of numbers(5)) await alice.say(`alice ${i}`)
  await vi.waitFor(() => expect([proxy.held('up'), proxy.held('down')]).not.toContain(0), { interval: 1 })
  expect(bob.heard).toEqual([])
  proxy.heal()

  expect(await Promise.all(sent)).toEqual(Array(5).fill('ok'))
  expect(await bob.hears(10)).toEqual([
    ...numbers(5).map((i) => `alice ${i}`),
    ...numbers(5).map((i) => `bob ${i}`),
  ])
  expect(bob.statuses).toEqual(['connected'])
})

test('late data of an old connection, after its client has moved on, has no effect (F3, P-ST-8, P-HS-5)', async () => {
  const { proxy, enter, enterDirectly, hub } = await throughProxy({ timeouts: impatient })
  const bob = await enter('bob')
  const alice = await enterDirectly('alice')
  let stored = 0
  hub.on('say', () => stored++)

  proxy.strand()
  const sent = numbers(5).map((i) => bob.say(`bob ${i}`))
  for (const i of numbers(5)) await alice.say(`alice ${i}`)
  expect(await Promise.all(sent)).toEqual(Array(5).fill('ok'))
  await bob.hears(10)
  expect(proxy.held('up')).toBeGreaterThan(0)
  proxy.heal()
  await vi.waitFor(() => expect(proxy.held('up')).toBe(0), { interval: 1 })
  await alice.say('last')

  await bob.until('the last message', ({ heard }) => heard.includes('last'))
  const said = [...numbers(5).map((i) => `alice ${i}`), ...numbers(5).map((i) => `bob ${i}`), 'last']
  expect(bob.heard).toEqual(said)
  expect((await alice.lobby.history()).messages.map(({ data }) => data)).toEqual(said)
  expect(stored).toBe(11)
})
