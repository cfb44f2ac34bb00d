import type { Client, Untyped } from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open, outcomes, people, upTo } from '../support/clients.ts'

const rooms = ['#lobby', '#garden']

/** Connects a client to each of three nodes, joins two rooms, and sends messages. */
async function connectAll(w: World, messages: number): Promise<Client<Untyped>[]> {
  const hubs = [w.hub(open), w.hub(open), w.hub(open)]
  const clients = await people(w, hubs, ['alice', 'bob', 'carol'])
  for (const client of clients) await client.join('#garden').ready
  for (const room of rooms) await Promise.all(upTo(messages).map((i) => hubs[0]?.to(room).send('say', i)))
  await w.advance('1s')
  return clients
}

const data = (w: World, client: Client<Untyped>, room: string) =>
  w.seen(client, room).map((message) => message.data)
const epochs = (clients: readonly Client<Untyped>[], room: string) =>
  new Set(clients.map(({ positions }) => positions[room]?.[0]))

describe('a backplane that is out of reach', () => {
  test.each(['1s', '10s'] as const)(
    'S-14: for %s: connections stay, and every send is stored when it is back',
    (duration) =>
      world({}, async (w) => {
        const clients = await connectAll(w, 1)
        w.backplane.outage(duration)
        const ended = outcomes(
          upTo(30).map((i) => (clients[i % 3] as Client<Untyped>).to('#lobby').send('say', `new ${i}`)),
        )
        await w.advance(duration)
        expect(clients.map(({ status }) => status)).toEqual(['connected', 'connected', 'connected'])
        await w.advance('30s')
        expect(ended).toEqual(ended.map(() => 'stored'))
        for (const client of clients) {
          expect(w.statuses(client)).toEqual(['connected'])
          expect(data(w, client, '#lobby')).toHaveLength(31)
          expect(w.gaps(client, '#lobby')).toEqual([])
        }
      }),
  )

  test('S-14: for a minute: connections stay, no send is refused or claimed to be stored, and the rooms go on', () =>
    world({}, async (w) => {
      const clients = await connectAll(w, 1)
      w.backplane.outage('70s')
      const ended = outcomes(clients.map((client) => client.to('#lobby').send('say', 'meanwhile')))
      await w.advance('59s')
      expect(ended).toEqual(['open', 'open', 'open'])
      // Past the horizon the client no longer waits, and the outcome is uncertain.
      await w.advance('5s')
      expect(ended).toEqual(['uncertain', 'uncertain', 'uncertain'])
      await w.advance('60s')
      await clients[0]?.to('#lobby').send('say', 'after')
      await w.advance('10s')
      for (const client of clients) {
        expect(w.statuses(client)).toEqual(['connected'])
        expect(data(w, client, '#lobby').at(-1)).toBe('after')
        expect(w.gaps(client, '#lobby')).toEqual([])
      }
    }))
})

test('S-15: a backplane that loses all data: exactly one gap, `epoch`, for each subscriber and log, and then delivery goes on', () =>
  world({}, async (w) => {
    const clients = await connectAll(w, 5)
    w.backplane.wipe('2s')
    await w.advance('30s')
    for (const client of clients)
      for (const room of rooms) {
        expect(w.gaps(client, room).map(({ reason }) => reason)).toEqual(['epoch'])
        await client.to(room).send('say', `from ${client.user}`)
      }
    await w.advance('5s')
    for (const client of clients)
      for (const room of rooms) {
        expect(data(w, client, room).slice(5)).toEqual(['from alice', 'from bob', 'from carol'])
        expect(w.gaps(client, room)).toHaveLength(1)
      }
  }))

test.each([1, 2, 5, 17, 50])(
  'S-16: a log that loses %i acknowledged messages: a gap, `diverged`, once for each subscriber, and one new epoch for all nodes',
  (lost) =>
    world({ seed: lost }, async (w) => {
      const clients = await connectAll(w, 60)
      const seen = new Set(epochs(clients, '#lobby'))
      const [before] = seen
      w.backplane.rollback('#lobby', lost, '2s')
      for (const _ of upTo(100)) {
        await w.advance(200)
        for (const epoch of epochs(clients, '#lobby')) seen.add(epoch)
      }
      // Three nodes have noticed at about the same time; the epoch was changed once.
      expect(seen.size).toBe(2)
      expect(epochs(clients, '#lobby')).toEqual(new Set([...seen].filter((epoch) => epoch !== before)))
      await clients[1]?.to('#lobby').send('say', 'after')
      await w.advance('5s')
      for (const client of clients) {
        // The node that changes the epoch has seen the loss; the other nodes may see only the change.
        const reasons = w.gaps(client, '#lobby').map(({ reason }) => reason)
        expect(reasons).toHaveLength(1)
        expect(['diverged', 'epoch']).toContain(reasons[0])
        expect(data(w, client, '#lobby')).toEqual([...upTo(60), 'after'])
        expect(w.gaps(client, '#garden')).toEqual([])
      }
      expect(clients.flatMap((client) => w.gaps(client, '#lobby').map(({ reason }) => reason))).toContain(
        'diverged',
      )
    }),
)

describe('a log that loses messages while a client is away', () => {
  test.each([
    ['somebody else is in the room', ['bob', 'carol']],
    ['nobody else is in the room', ['bob']],
  ])('S-17: and takes others that pass its place, when %s: a gap, never taken for recovered', (_, names) =>
    world({}, async (w) => {
      const hubs = [w.hub(open), w.hub(open), w.hub(open)]
      const [bob] = (await people(w, hubs, names)) as [Client<Untyped>]
      const say = (texts: readonly unknown[]): Promise<unknown> =>
        Promise.all(texts.map((text) => hubs[2]?.to('#lobby').send('say', text)))
      await say(upTo(20))
      await w.advance('1s')
      w.link(bob).cut()
      await w.advance('1s')
      w.backplane.rollback('#lobby', 10, '1s')
      await w.advance('3s')
      await say(upTo(15).map((i) => `new ${i}`))
      w.link(bob).restore()
      await w.advance('60s')
      expect(w.gaps(bob, '#lobby').map(({ reason }) => reason)).toEqual([
        names.length > 1 ? 'epoch' : 'diverged',
      ])
      // The messages of the meantime lie before the end of the gap, so none of them is delivered.
      expect(data(w, bob, '#lobby')).toEqual(upTo(20))
      await say(['after'])
      await w.advance('5s')
      expect(data(w, bob, '#lobby')).toEqual([...upTo(20), 'after'])
    }),
  )
})

test('S-18: a log that was trimmed past a client that is away: a gap, `trimmed`, and no message of the rest', () =>
  world({}, async (w) => {
    const [, bob, carol] = (await connectAll(w, 5)) as [Client<Untyped>, Client<Untyped>, Client<Untyped>]
    w.link(bob).cut()
    await w.advance('1s')
    await Promise.all(upTo(40).map((i) => carol.to('#lobby').send('say', `missed ${i}`)))
    w.backplane.trim('#lobby', 10)
    w.link(bob).restore()
    await w.advance('60s')
    expect(w.gaps(bob, '#lobby').map(({ reason, from, to }) => [reason, from?.[1], to[1]])).toEqual([
      ['trimmed', 5, 45],
    ])
    expect(data(w, bob, '#lobby')).toEqual(upTo(5))
    await carol.to('#lobby').send('say', 'after')
    await w.advance('5s')
    expect(data(w, bob, '#lobby')).toEqual([...upTo(5), 'after'])
  }))
