import type { Backplane, Position } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello, type RawClient, type WireFrame } from '../support/raw-client.ts'
import { altered, deferred, paths, position, type Stage, stage } from '../support/stage.ts'

type Places = Record<string, Position | null>

const rooms = ['#a', '#b', '#c']
const anywhere: Places = Object.fromEntries(rooms.map((room) => [room, null]))

/** Counts what is read of each log. */
function counted() {
  const reads = new Map<string, number>()
  const wrap = (backplane: Backplane): Backplane =>
    altered(backplane, {
      read: (stream, range) => {
        reads.set(stream, (reads.get(stream) ?? 0) + 1)
        return backplane.read(stream, range)
      },
    })
  return { reads, wrap }
}

/** Connections on which all say hello in one moment. */
async function crowd(s: Stage, hellos: readonly WireFrame[], to = 1): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (const _ of hellos) clients.push(await s.open({}, to))
  for (const [i, frame] of hellos.entries()) clients[i]?.write(frame)
  await s.settle()
  return clients
}

const welcomeOf = (client: RawClient) => client.frames('welcome')[0]?.[1] as RawClient['welcome']

/** What a client says that comes back to where it was, or to where it says it was. */
function again(client: RawClient, places?: Places): WireFrame {
  const { session, user, streams } = welcomeOf(client)
  const own = Object.fromEntries(Object.entries(streams).map(([room, place]) => [room, position(place)]))
  return hello(user, { session: { ...session, n: 1 }, streams: places ?? own })
}

/** Everyone in the rooms is cut off at once, and the rooms go on without them. */
async function cut(s: Stage, clients: readonly RawClient[], messages: number): Promise<void> {
  for (const client of clients) client.connection.abort(new Error('the network is gone'))
  await s.settle()
  for (const room of rooms) await s.publish(room, ...Array.from({ length: messages }, (_, i) => i))
}

const people = (count: number, streams = anywhere): WireFrame[] =>
  Array.from({ length: count }, (_, i) => hello(`user ${i}`, { streams }))

describe.each(paths)('a storm of clients that come back at once, with a backplane that is %s', (path) => {
  test('S-22: a thousand that lost their node cost the next one a single read of each log, and miss nothing', async () => {
    const { reads, wrap } = counted()
    const s = stage({ path, wrap })
    s.another()
    const gone = await crowd(s, people(1_000))
    await cut(s, gone, 10)
    reads.clear()
    const back = await crowd(
      s,
      gone.map((client) => again(client)),
      2,
    )
    expect(rooms.map((room) => reads.get(room))).toEqual([1, 1, 1])
    expect(Math.max(...reads.values())).toBe(1)
    for (const client of back) {
      expect(client.code).toBeNull()
      expect(rooms.map((room) => client.messages(room).length)).toEqual([10, 10, 10])
    }
  })

  test('S-22: those who come back to a node that still serves the rooms cost a single read, wherever among its recent messages they stand', async () => {
    const { reads, wrap } = counted()
    const s = stage({ path, wrap })
    await crowd(s, [hello('keeper', { streams: anywhere })])
    const sent = await s.publish('#a', ...Array.from({ length: 100 }, (_, i) => i))
    const gone = await crowd(s, people(100))
    await cut(s, gone, 20)
    reads.clear()
    const back = await crowd(
      s,
      gone.map((client, i) => again(client, { '#a': position(sent[i] ?? {}) })),
    )
    expect(reads.get('#a')).toBe(1)
    expect(back.map((client) => client.messages('#a').length)).toEqual(back.map((_, i) => 119 - i))
  })

  test('S-22: a replay of many pages is read once for all who stand at the same place', async () => {
    const { reads, wrap } = counted()
    const s = stage({ path, wrap })
    const gone = await crowd(s, people(50))
    await cut(s, gone, 1_000)
    reads.clear()
    const back = await crowd(
      s,
      gone.map((client) => again(client)),
    )
    // Four pages each; in a cluster not all of them walk in step.
    for (const room of rooms) expect(reads.get(room)).toBeLessThanOrEqual(path === 'synchronous' ? 4 : 12)
    expect(back.every((client) => rooms.every((room) => client.messages(room).length === 1_000))).toBe(true)
  })

  test('SEC-18: abandoned sessions by the ten thousand cost no more than the capacity: the oldest are forgotten, and none is an error', async () => {
    const s = stage({ path, log: { sessions: 1_000 } })
    const all: RawClient[] = []
    for (let round = 0; round < 10; round++) {
      const clients = await crowd(
        s,
        Array.from({ length: 1_000 }, (_, i) => hello(`user ${i}`)),
      )
      for (const client of clients) client.connection.abort(new Error('gone'))
      await s.settle()
      all.push(...clients)
    }
    expect(s.store.usage).toMatchObject({ sessions: 1_000, tails: 0, keys: 0, bytes: 0 })
    expect([s.hub.sessions, s.hub.rooms.size]).toEqual([[], 0])
    const [oldest, newest] = await crowd(s, [again(all[0] as RawClient), again(all.at(-1) as RawClient)])
    expect([oldest, newest].map((client) => welcomeOf(client as RawClient).resumed)).toEqual([false, true])
    expect(s.errors).toEqual([])
    await s.advance(300_000)
    expect(s.store.usage).toEqual({ streams: 0, bytes: 0, tails: 0, channels: 1, sessions: 0, keys: 0 })
  })
})

describe('a read of the log that others have asked for', () => {
  /** A hub whose next look after an offset of `#a` is answered when the test says so. */
  async function slowLook(offset: number) {
    const held: ReturnType<typeof deferred<void>>[] = []
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          read: async (stream, range) => {
            const page = await backplane.read(stream, range)
            if (stream !== '#a' || !('after' in range) || range.after !== offset || held.length > 0)
              return page
            const gate = deferred<void>()
            held.push(gate)
            await gate.promise
            return page
          },
        }),
    })
    await s.client('keeper', { streams: { '#a': null } })
    return { s, answer: () => held[0]?.resolve() }
  }

  test('P-ST-2: is too old to refuse a position that came after it', async () => {
    const { s, answer } = await slowLook(2)
    const [first] = await s.publish('#a', 1)
    // This one forges a place that the log does not have yet; the other one has been given it by another node.
    const forger = await s.client('forger')
    await forger.say(['join', 1, '#a', { since: [first?.epoch, 2, 'forged'] }])
    const [second] = await s.publish('#a', 2)
    await s.publish('#a', 3)
    const bob = await s.client('bob')
    await bob.say(['join', 1, '#a', { since: position(second ?? {}) }])
    answer()
    await s.settle()
    expect(forger.answer(1)).toMatchObject({ result: { mode: 'gap', reason: 'diverged' } })
    expect(bob.answer(1)).toMatchObject({ result: { mode: 'replay', at: 2, top: 3 } })
    expect(bob.messages('#a')).toEqual([[3, 3]])
  })
})
