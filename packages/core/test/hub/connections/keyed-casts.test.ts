import { type Batch, Frame } from '@chat/core/transport'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { Outbox } from '../../../src/hub/connections/outbox.ts'
import { TurnFlusher } from '../../../src/hub/connections/turn-flusher.ts'
import { Turns } from '../../../src/runtime/turns.ts'
import { hello } from '../../support/raw-client.ts'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { drained, slow } from '../../support/slow-client.ts'
import { paths, type Stage, stage } from '../../support/stage.ts'

const kilobyte = 'x'.repeat(1_000)
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** The casts that came, as `[event, data]`. */
const casts = (connection: ScriptedConnection): unknown[][] =>
  connection.frames.filter(([type]) => type === 'cast').map(([, , event, data]) => [event, data])

const messages = (connection: ScriptedConnection): unknown[] =>
  connection.frames.filter(([type]) => type === 'msg').map((frame) => frame[2])

/** Publishes more bytes than the connection takes. */
const flood = (s: Stage, count = 100): Promise<unknown> =>
  s.publish('#a', ...numbers(1, count).map((i) => [i, kilobyte]))

const options = { limits: { queue: 64 * 1024, stalled: 15_000 } }

describe('a cast with a key to a connection that does not keep up', () => {
  test('P-LV-4: the newest cast of a key is written when the connection drains, the older casts never', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await flood(s)
    for (const x of numbers(1, 50)) s.hub.to('#a').cast('cursor', x, { key: 'cursor' })
    s.hub.to('#a').cast('typing', true, { key: 'typing' })
    await s.settle()
    expect(casts(connection)).toEqual([])
    await drained(s, connection)
    expect(casts(connection)).toEqual([
      ['cursor', 50],
      ['typing', true],
    ])
  })

  test('P-LV-4: an older cast is not written behind a newer cast', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await flood(s)
    s.hub.to('#a').cast('cursor', 'old', { key: 'k' })
    await s.settle()
    // The connection is below the limit again, and has not drained yet.
    connection.take(connection.bufferedAmount - connection.highWaterMark - 1)
    s.hub.to('#a').cast('cursor', 'new', { key: 'k' })
    await s.settle()
    await drained(s, connection)
    expect(casts(connection)).toEqual([['cursor', 'new']])
  })

  test.each(paths)(
    'S-21: casts without a key are dropped, durable messages all arrive (backplane: %s)',
    async (path) => {
      const s = stage({ ...options, path })
      const connection = await slow(s)
      for (const i of numbers(1, 300)) {
        await s.publish('#a', [i, kilobyte])
        s.hub.to('#a').cast('plain', i)
        s.hub.to('#a').cast('keyed', i, { key: 'k' })
      }
      await s.settle()
      expect(connection.bufferedAmount).toBeLessThan(64 * 1024 + 2_000)
      const before = casts(connection).length
      expect(casts(connection).filter(([event]) => event === 'keyed').length).toBeLessThan(100)
      await drained(s, connection)
      expect(messages(connection)).toEqual(numbers(1, 300))
      expect(connection.frames.some(([type]) => type === 'gap')).toBe(false)
      expect(casts(connection).slice(before)).toEqual([['keyed', 300]])
      expect(casts(connection).filter(([event]) => event === 'plain').length).toBeLessThan(100)
    },
  )

  test('P-LV-4: keys are the sender’s own: another session’s, the hub’s and another address’s stay apart', async () => {
    const s = stage(options)
    const connection = await slow(s, ['#a', '#b'])
    const [alice, tab, bob] = [await s.client('alice'), await s.client('alice'), await s.client('bob')]
    await flood(s)
    for (const i of [1, 2]) {
      await alice.say(['cast', '#a', 'cursor', `alice ${i}`, { key: 'k' }])
      await tab.say(['cast', '#a', 'cursor', `alice’s tab ${i}`, { key: 'k' }])
      await bob.say(['cast', '#b', 'cursor', `bob in b ${i}`, { key: 'k' }])
      await bob.say(['cast', '#a', 'cursor', `bob ${i}`, { key: 'k' }])
      s.hub.to('#a').cast('cursor', `hub ${i}`, { key: 'k' })
      s.hub.to('*').cast('cursor', `all ${i}`, { key: 'k' })
      s.hub.to('@slow').cast('cursor', `inbox ${i}`, { key: 'k' })
      await s.settle()
    }
    await drained(s, connection)
    const newest = ['alice', 'alice’s tab', 'bob in b', 'bob', 'hub', 'all', 'inbox'].map((who) => `${who} 2`)
    expect(casts(connection).map(([, data]) => data)).toEqual(newest)
  })

  test('P-LV-4: a cast to a session is held, too', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await flood(s)
    const [session] = s.hub.sessions
    for (const i of [1, 2]) s.hub.to(`~${session?.id}`).cast('progress', i, { key: 'upload' })
    await s.settle()
    await drained(s, connection)
    expect(casts(connection)).toEqual([['progress', 2]])
  })

  test('P-ST-10: held casts of an address that was left meanwhile never come', async () => {
    const s = stage(options)
    const connection = await slow(s, ['#a', '#ab'])
    await flood(s, 20)
    for (const room of ['#a', '#ab']) s.hub.to(room).cast('cursor', room, { key: 'k' })
    await s.settle()
    connection.deliver('["leave",1,"#a"]')
    await s.settle()
    await drained(s, connection)
    expect(casts(connection)).toEqual([['cursor', '#ab']])
  })

  test('P-ST-10: held casts of a room from which the session was removed never come', async () => {
    let allowed = true
    const s = stage({ ...options, authorize: () => allowed })
    const connection = await slow(s)
    await flood(s, 20)
    s.hub.to('#a').cast('cursor', 1, { key: 'k' })
    allowed = false
    connection.deliver('["auth",1,"slow"]')
    await s.settle()
    await drained(s, connection)
    expect(connection.frames.at(-2)?.[0]).toBe('left')
    expect(casts(connection)).toEqual([])
  })

  test('I13: held casts are dropped when the connection ends', () => {
    const runtime = new VirtualTime().runtime('hub')
    const connection = new ScriptedConnection()
    connection.highWaterMark = 0
    const outbox = new Outbox(connection, new TurnFlusher(new Turns(runtime)), 1_000)
    outbox.push(new Frame('["msg"]'))
    outbox.flush()
    outbox.pushCast(new Frame('["cast"]'), 'name')
    outbox.clear()
    outbox.drained()
    outbox.flush()
    expect(connection.frames).toEqual([['msg']])
  })

  test('P-LV-4, I13: of many keys the newest are held, by number and by size', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await flood(s)
    for (const i of numbers(1, 1_000)) s.hub.to('#a').cast('cursor', i, { key: `${i}` })
    await s.settle()
    await drained(s, connection)
    expect(casts(connection).map(([, data]) => data)).toEqual(numbers(745, 1_000))
    await flood(s)
    const before = casts(connection).length
    for (const i of numbers(1, 200)) s.hub.to('#a').cast('cursor', [i, kilobyte], { key: `${i}` })
    await s.settle()
    await drained(s, connection)
    const kept = casts(connection).slice(before)
    expect(kept.at(-1)).toEqual(['cursor', [200, kilobyte]])
    expect(kept.length).toBeGreaterThan(50)
    expect(kept.length * 1_000).toBeLessThan(64 * 1024)
  })
})

describe('a cast with a key to a connection that keeps up', () => {
  test('is written at once', async () => {
    const s = stage()
    const connection = await slow(s)
    connection.highWaterMark = Number.MAX_SAFE_INTEGER
    for (const x of [1, 2, 3]) s.hub.to('#a').cast('cursor', x, { key: 'k' })
    await s.settle()
    expect(casts(connection).map(([, data]) => data)).toEqual([1, 2, 3])
  })

  test('shares one batch with all connections that keep up', async () => {
    const s = stage({ limits: { queue: 64 * 1024 } })
    const [one, other] = [await watched(s, 'one'), await watched(s, 'other')]
    const behind = await slow(s)
    await flood(s)
    for (const x of [1, 2, 3]) s.hub.to('#a').cast('cursor', x, { key: 'k' })
    await s.settle()
    expect(one.batches.length).toBeGreaterThan(0)
    expect(one.batches.every((batch, i) => batch === other.batches[i])).toBe(true)
    expect(casts(one).map(([, data]) => data)).toEqual([1, 2, 3])
    expect(messages(one)).toEqual(numbers(1, 100))
    expect(casts(behind)).toEqual([])
  })
})

/** A connection that records the batches it was given since it entered the room. */
class Watched extends ScriptedConnection {
  batches: Batch[] = []

  protected override doSend(batch: Batch): boolean {
    this.batches.push(batch)
    return super.doSend(batch)
  }
}

async function watched(s: Stage, token: string): Promise<Watched> {
  const connection = new Watched()
  s.hub.accept(connection, nobody)
  connection.deliver(JSON.stringify(hello(token, { streams: { '#a': null } })))
  await s.settle()
  connection.batches = []
  return connection
}
