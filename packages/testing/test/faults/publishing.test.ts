import type { Client, Hub, Untyped } from '@chat/core'
import { type World, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, outcomes, people, upTo } from '../support/clients.ts'

/**
 * One way takes 5 ms, to the backplane 3 ms: a send is at the hub after 5, in the log after 8, answered there
 * after 11, and at its client after 16.
 */
const slow = { latency: 5, backplaneLatency: 3 } as const

interface Sending {
  readonly w: World
  readonly hubs: readonly Hub[]
  readonly alice: Client<Untyped>
  readonly bob: Client<Untyped>
  /** Messages that the hubs received, in all incarnations. */
  readonly said: unknown[]
  readonly ended: readonly string[]
}

/** Alice sends, and a fault occurs some milliseconds later. Returns the state of the send at that time. */
async function during(
  moment: number,
  nodes: number,
  injectFault: (sending: Sending) => void,
): Promise<string> {
  let situation = ''
  await world(slow, async (w) => {
    const said: unknown[] = []
    const hubs = upTo(nodes).map(() =>
      w.hub(open, (hub) => hub.on('say', (data: unknown) => said.push(data))),
    )
    const [alice, bob] = (await people(w, hubs, ['alice', 'bob'])) as [Client<Untyped>, Client<Untyped>]
    const ended = outcomes([alice.to('#lobby').send('say', 'hi')])
    await w.advance(moment)
    situation = ended[0] === 'stored' ? 'answered' : said.length > 0 ? 'stored' : 'on its way'
    injectFault({ w, hubs, alice, bob, said, ended })
    await w.advance('20s')
    expect(ended).toEqual(['stored'])
    for (const client of [alice, bob])
      expect(w.seen(client, '#lobby').map(({ position, data }) => [position?.[1], data])).toEqual([[1, 'hi']])
    const { messages } = await bob.history('#lobby')
    expect(messages.map(({ data }) => data)).toEqual(['hi'])
    expect(w.gaps(bob, '#lobby')).toEqual([])
  })
  return situation
}

const everywhere = new Set(['on its way', 'stored', 'answered'])

test('S-05: a connection that is lost at any moment of a send: one entry in the log, one delivery', async () => {
  const situations = new Set<string>()
  for (const moment of upTo(20))
    situations.add(await during(moment, 1, ({ w, alice }) => w.link(alice).reset()))
  expect(situations).toEqual(everywhere)
})

test('S-05: the same when only the client notices, and when only the hub does', async () => {
  for (const moment of upTo(20)) {
    await during(moment, 2, ({ w, alice }) => w.link(alice).reset({ client: 0, hub: '3s' }))
    await during(moment, 2, ({ w, alice }) => w.link(alice).reset({ client: '3s', hub: 0 }))
  }
})

test('S-10: a hub that crashes at any step of a send: answered messages are in the log, all others are repeated', async () => {
  const situations = new Set<string>()
  for (const moment of upTo(20))
    situations.add(await during(moment, 2, ({ w, hubs }) => w.crash(hubs[0] as Hub, { restart: '1s' })))
  expect(situations).toEqual(everywhere)
})

test('S-10: the same when its clients learn of it much later, and when it is alone and comes back', async () => {
  for (const moment of upTo(20)) {
    await during(moment, 2, ({ w, hubs }) => w.crash(hubs[0] as Hub, { restart: '1s', seen: '4s' }))
    await during(moment, 1, ({ w, hubs }) => w.crash(hubs[0] as Hub, { restart: '1s' }))
  }
})

test('S-05, S-10: of a burst, each is stored once and in the order of the calls, whenever the hub crashes', async () => {
  for (const moment of upTo(20))
    await world(slow, async (w) => {
      const hubs = [w.hub(open), w.hub(open)]
      const [alice, bob] = (await people(w, hubs, ['alice', 'bob'])) as [Client<Untyped>, Client<Untyped>]
      const ended = outcomes(upTo(10).map((i) => alice.to('#lobby').send('say', i)))
      await w.advance(moment)
      w.crash(hubs[0] as Hub, { restart: '1s' })
      await w.advance('20s')
      expect(ended).toEqual(upTo(10).map(() => 'stored'))
      expect(w.seen(bob, '#lobby').map(({ data }) => data)).toEqual(upTo(10))
    })
})
