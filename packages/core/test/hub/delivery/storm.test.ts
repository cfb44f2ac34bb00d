import type { Position } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import type { WireFrame, WireWelcome } from '@chat/testing/conformance'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { altered, nothingKept, paths, position, type Stage, stage } from '../../support/stage.ts'

type Positions = Record<string, Position | null>

const rooms = ['#a', '#b', '#c']
const anywhere: Positions = Object.fromEntries(rooms.map((room) => [room, null]))

/** Counts the reads of each log. */
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

/** Connections that all send hello in the same moment. */
async function crowd(s: Stage, hellos: readonly WireFrame[], hub = s.hub): Promise<ScriptedConnection[]> {
  const connections = hellos.map((frame) => {
    const connection = new ScriptedConnection()
    hub.accept(connection, nobody)
    connection.deliver(JSON.stringify(frame))
    return connection
  })
  await s.settle()
  return connections
}

const welcomeOf = (connection: ScriptedConnection) => connection.frames[0]?.[1] as WireWelcome

/** The offsets of the messages that were sent, by room. */
function offsets(connection: ScriptedConnection): unknown[][] {
  const { frames } = connection
  return rooms.map((room) =>
    frames.filter(([type, address]) => type === 'msg' && address === room).map((frame) => frame[2]),
  )
}

/** The hello of a client that comes back with its position, or with a position of its choice. */
function again(connection: ScriptedConnection, streams?: Positions): WireFrame {
  const welcome = welcomeOf(connection)
  const own = Object.entries(welcome.streams).map(([room, start]) => [room, position(start)])
  return hello(welcome.user, {
    session: { ...welcome.session, n: 1 },
    streams: streams ?? Object.fromEntries(own),
  })
}

/** Cuts off every client of the rooms at once; the rooms go on without them. */
async function cut(s: Stage, connections: readonly ScriptedConnection[], messages: number): Promise<void> {
  for (const connection of connections) connection.lose()
  await s.settle()
  for (const room of rooms) await s.publish(room, ...Array.from({ length: messages }, (_, i) => i))
}

const people = (count: number, streams = anywhere): WireFrame[] =>
  Array.from({ length: count }, (_, i) => hello(`user ${i}`, { streams }))

describe.each(paths)('a storm of clients that come back at once, with a backplane that is %s', (path) => {
  test('S-22: a thousand clients that lost their node cost the next node a single read of each log, and miss nothing', async () => {
    const { reads, wrap } = counted()
    const s = stage({ path, wrap })
    const next = s.another()
    const gone = await crowd(s, people(1_000))
    await cut(s, gone, 10)
    reads.clear()
    const back = await crowd(
      s,
      gone.map((connection) => again(connection)),
      next,
    )
    expect(rooms.map((room) => reads.get(room))).toEqual([1, 1, 1])
    expect(Math.max(...reads.values())).toBe(1)
    expect(back.map(({ closedWith }) => closedWith)).toEqual(back.map(() => null))
    const ten = Array.from({ length: 10 }, (_, i) => i + 1)
    for (const connection of back) expect(offsets(connection)).toEqual([ten, ten, ten])
  })

  test('S-22: clients that come back to a node with recent messages cost a single read, from any of these messages', async () => {
    const { reads, wrap } = counted()
    const s = stage({ path, wrap })
    await crowd(s, [hello('keeper', { streams: anywhere })])
    const sent = await s.publish('#a', ...Array.from({ length: 100 }, (_, i) => i))
    const gone = await crowd(s, people(100))
    await cut(s, gone, 20)
    reads.clear()
    const back = await crowd(
      s,
      gone.map((connection, i) => again(connection, { '#a': position(sent[i] ?? {}) })),
    )
    expect(reads.get('#a')).toBe(1)
    expect(back.map((connection) => offsets(connection)[0]?.length)).toEqual(back.map((_, i) => 119 - i))
  })

  test('S-22: a replay of many pages is read once for all clients at the same position', async () => {
    const { reads, wrap } = counted()
    const s = stage({ path, wrap })
    const gone = await crowd(s, people(50))
    await cut(s, gone, 1_000)
    reads.clear()
    const back = await crowd(
      s,
      gone.map((connection) => again(connection)),
    )
    // Four pages each, and a few more: not all readers are in step.
    for (const room of rooms) expect(reads.get(room)).toBeLessThanOrEqual(12)
    expect(back.every((connection) => offsets(connection).every(({ length }) => length === 1_000))).toBe(true)
  })
})

test('SEC-18: ten thousand abandoned sessions cost no more than the capacity: the oldest are forgotten, without an error', async () => {
  const s = stage({ log: { sessions: 1_000 } })
  const all: ScriptedConnection[] = []
  for (let round = 0; round < 10; round++) {
    const connections = await crowd(s, people(1_000, {}))
    for (const connection of connections) connection.lose()
    await s.settle()
    all.push(...connections)
  }
  expect(s.store.usage).toMatchObject({ sessions: 1_000, tails: 0, presence: 2, keys: 0 })
  expect([s.hub.sessions, s.hub.rooms.size]).toEqual([[], 0])
  const [first, last] = [all[0], all.at(-1)] as [ScriptedConnection, ScriptedConnection]
  const [oldest, newest] = await crowd(s, [again(first, {}), again(last, {})])
  expect([oldest, newest].map((connection) => connection && welcomeOf(connection).resumed)).toEqual([
    false,
    true,
  ])
  expect(s.errors).toEqual([])
  for (const connection of [oldest, newest]) connection?.lose()
  await s.advance(300_000)
  expect(s.store.usage).toEqual(nothingKept)
})
