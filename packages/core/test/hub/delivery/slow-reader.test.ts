import { describe, expect, test } from 'vitest'
import type { ScriptedConnection } from '../../support/scripted-connection.ts'
import { drained, slow } from '../../support/slow-client.ts'
import { altered, deferred, paths, stage } from '../../support/stage.ts'

const kilobyte = 'x'.repeat(1_000)
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

const messages = (connection: ScriptedConnection): unknown[] =>
  connection.frames.filter(([type]) => type === 'msg').map((frame) => frame[2])

describe.each(paths)('a connection that does not keep up, with a backplane that is %s', (path) => {
  const options = { path, limits: { queue: 64 * 1024, stalled: 15_000 } }

  test('P-LV-4, SEC-07: holds no more than the queue limit', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 500).map((i) => [i, kilobyte]))
    expect(connection.bufferedAmount).toBeGreaterThan(32 * 1024)
    expect(connection.bufferedAmount).toBeLessThan(64 * 1024 + 2_000)
  })

  test('P-LV-4: gets missed messages in order when it drains, and is live again', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 500).map((i) => [i, kilobyte]))
    await drained(s, connection)
    await s.publish('#a', 'live')
    expect(messages(connection)).toEqual(numbers(1, 501))
    expect(connection.frames.some(([type]) => type === 'gap')).toBe(false)
  })

  test('P-LV-4: gets each log from its own position', async () => {
    const s = stage(options)
    const connection = await slow(s, ['#a', '#b'])
    for (let i = 1; i <= 100; i++) {
      await s.publish('#a', [i, kilobyte])
      if (i % 2 === 0) await s.publish('#b', [i / 2, kilobyte])
    }
    await drained(s, connection)
    for (const [address, count] of [
      ['#a', 100],
      ['#b', 50],
    ] as const) {
      const offsets = connection.frames
        .filter(([type, at]) => type === 'msg' && at === address)
        .map((frame) => frame[2])
      expect(offsets).toEqual(numbers(1, count))
    }
  })

  test('P-LV-4, S-18: gets a gap for dropped messages, and a replay of the others', async () => {
    const s = stage({ ...options, log: { retention: { count: 150 } } })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 600).map((i) => [i, kilobyte]))
    await drained(s, connection)
    const stream = connection.frames.filter(([type]) => type === 'msg' || type === 'gap')
    const gap = stream.findIndex(([type]) => type === 'gap')
    expect(stream[gap]?.[2]).toBe('trimmed')
    expect(stream[gap]?.[3]).toEqual([expect.any(String), 450, expect.any(String)])
    expect(stream.slice(gap + 1).map((frame) => frame[2])).toEqual(numbers(451, 600))
    expect(stream.filter(([type]) => type === 'gap')).toHaveLength(1)
  })

  test('P-LV-4: above the limit casts are dropped, below it they arrive', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 100).map((i) => [i, kilobyte]))
    s.hub.to('#a').cast('say', 'dropped')
    s.hub.to('@slow').cast('say', 'dropped')
    await s.settle()
    await drained(s, connection)
    s.hub.to('#a').cast('say', 'arrives')
    await s.settle()
    expect(connection.frames.filter(([type]) => type === 'cast').map((frame) => frame[3])).toEqual([
      'arrives',
    ])
  })

  test('P-LV-4, SEC-07: does not delay the other clients of the room', async () => {
    const s = stage(options)
    await slow(s)
    const bob = await s.client('bob')
    await bob.request('join', '#a')
    await s.publish('#a', ...numbers(1, 300).map((i) => [i, kilobyte]))
    expect(bob.messages('#a').map(([at]) => at)).toEqual(numbers(1, 300))
  })

  test('P-LV-4: is paused above the limit, executes no frames meanwhile, and goes on below the limit', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 100).map((i) => [i, kilobyte]))
    connection.deliver(JSON.stringify(['send', 1, '#b', 'say', 'unexecuted']))
    await s.settle()
    expect(connection.paused).toBe(true)
    const reader = await s.client('reader')
    expect(await reader.request('read', '#b')).toMatchObject({ result: { top: 0 } })
    await drained(s, connection)
    expect(connection.paused).toBe(false)
    expect(await reader.request('read', '#b')).toMatchObject({ result: { top: 1 } })
    expect(connection.frames.some(([type, ref]) => type === 'ok' && ref === 1)).toBe(true)
  })

  test('P-LV-4: answers count toward the limit', async () => {
    const s = stage({ ...options, limits: { ...options.limits, burst: 1_000 } })
    await s.publish('#a', ...numbers(1, 60).map((i) => [i, kilobyte]))
    const connection = await slow(s)
    const reads = numbers(1, 16).map((ref) => JSON.stringify(['read', ref, '#a', { limit: 60 }]))
    connection.deliver(reads.slice(0, 8).join('\n'))
    await s.settle()
    connection.deliver(reads.slice(8).join('\n'))
    await s.settle()
    expect(connection.paused).toBe(true)
    const answered = () => connection.frames.filter(([type]) => type === 'ok').length
    expect(answered()).toBeLessThan(16)
    for (let i = 0; i < 20 && answered() < 16; i++) await drained(s, connection)
    expect(answered()).toBe(16)
  })

  test('P-LV-4: keeps executing below the limit while a backlog is replayed', async () => {
    const s = stage({ path, limits: { queue: 512 * 1024 } })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 900).map((i) => [i, kilobyte]))
    connection.deliver(JSON.stringify(['send', 1, '#b', 'say', 'hi']))
    await s.settle()
    expect(connection.paused).toBe(true)
    connection.take()
    await s.settle()
    expect(connection.bufferedAmount).toBeGreaterThan(connection.highWaterMark)
    expect(messages(connection).length).toBeLessThan(900)
    expect(connection.paused).toBe(false)
    expect(connection.frames.some(([type, ref]) => type === 'ok' && ref === 1)).toBe(true)
  })

  test('P-LV-4: misses nothing when the log cannot be read for a while', async () => {
    let broken = false
    const s = stage({
      ...options,
      wrap: (backplane) =>
        altered(backplane, {
          read: (stream, range) => {
            if (broken && 'after' in range) throw new Error('out of reach')
            return backplane.read(stream, range)
          },
        }),
    })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 500).map((i) => [i, kilobyte]))
    broken = true
    connection.take()
    await s.settle()
    expect(s.faults.join()).toContain('out of reach')
    broken = false
    await s.advance(1_500)
    await drained(s, connection)
    expect(messages(connection)).toEqual(numbers(1, 500))
    expect(connection.frames.some(([type]) => type === 'gap')).toBe(false)
  })

  test('P-LV-4: gets no page of a log that has become another log meanwhile', async () => {
    let hold: Promise<void> | null = null
    const s = stage({
      ...options,
      wrap: (backplane) =>
        altered(backplane, {
          read: async (stream, range) => {
            const page = await backplane.read(stream, range)
            if ('after' in range && range.limit > 1 && stream === '#a') await hold
            return page
          },
        }),
    })
    const connection = await slow(s)
    const sent = await s.publish('#a', ...numbers(1, 500).map((i) => [i, kilobyte]))
    const { promise, resolve } = deferred<void>()
    hold = promise
    connection.take()
    await s.settle()
    hold = null
    // The log loses all messages, and a new message makes the node notice.
    s.store.bump('#a', sent[0]?.position[0] ?? '')
    await s.publish('#a', 'anew')
    const [next] = await s.publish('#a', 'next')
    resolve()
    await s.settle()
    await drained(s, connection)
    const stream = connection.frames.filter(([type]) => type === 'msg' || type === 'gap')
    const gap = stream.findIndex(([type]) => type === 'gap')
    expect(stream.slice(gap).map((frame) => frame[2])).toEqual(['epoch', next?.position[1]])
  })

  test('P-LV-4: keeps executing while it is slow but below the limit', async () => {
    const s = stage(options)
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 30).map((i) => [i, kilobyte]))
    expect(connection.bufferedAmount).toBeGreaterThan(connection.highWaterMark)
    connection.deliver(JSON.stringify(['send', 1, '#b', 'say', 'hi']))
    await s.settle()
    expect(connection.frames.some(([type, ref]) => type === 'ok' && ref === 1)).toBe(true)
  })
})

describe('a peer that takes nothing', () => {
  test('P-LV-4: has at most one pong waiting', async () => {
    const s = stage({ limits: { queue: 256 * 1024, burst: 1_000 } })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 40).map((i) => [i, kilobyte]))
    for (let i = 1; i <= 50; i++) {
      connection.deliver(`["ping",${i}]\n["leave",${i},"#b"]`)
      await s.settle()
    }
    const types = () => connection.frames.map(([type]) => type)
    expect(types().filter((type) => type === 'ok')).toHaveLength(50)
    expect(types()).not.toContain('pong')
    await drained(s, connection)
    expect(connection.frames.filter(([type]) => type === 'pong')).toEqual([['pong', 50]])
  })

  test('P-LV-4: gets the answer to the newest of its waiting pings only', async () => {
    const s = stage({ limits: { queue: 256 * 1024 } })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 40).map((i) => [i, kilobyte]))
    for (let i = 1; i <= 1_000; i++) connection.deliver(`["ping",${i}]`)
    await s.settle()
    expect(connection.frames.filter(([type]) => type === 'pong')).toEqual([])
    await drained(s, connection)
    expect(connection.frames.filter(([type]) => type === 'pong')).toEqual([['pong', 1_000]])
  })

  test('P-LV-4, SEC-07: is closed with 4008 after the time for stalled connections, and aborted two seconds later', async () => {
    const s = stage({ limits: { queue: 64 * 1024, stalled: 15_000 } })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 100).map((i) => [i, kilobyte]))
    await s.advance(14_000)
    expect(connection.closedWith).toBeNull()
    await s.advance(3_000)
    expect([connection.closedWith?.code, connection.aborted]).toEqual([4008, false])
    await s.advance(2_000)
    expect(connection.aborted).toBe(true)
    expect(s.hub.sessions).toEqual([])
  })

  test('P-LV-4: a peer that takes a little now and then is slow, not stalled', async () => {
    const s = stage({ limits: { queue: 64 * 1024, stalled: 15_000 } })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 200).map((i) => [i, kilobyte]))
    for (let i = 0; i < 10; i++) {
      await s.advance(10_000)
      connection.take(100)
      connection.trickle()
    }
    expect(connection.closedWith).toBeNull()
  })

  test('P-LV-4: while the hub has paused a connection its liveness clock stands still', async () => {
    const s = stage({ limits: { queue: 64 * 1024, stalled: 1_000_000 } })
    const connection = await slow(s)
    await s.publish('#a', ...numbers(1, 100).map((i) => [i, kilobyte]))
    connection.deliver('["pong"]')
    await s.settle()
    expect(connection.paused).toBe(true)
    await s.advance(200_000)
    expect(connection.closedWith).toBeNull()
    await drained(s, connection)
    expect(connection.paused).toBe(false)
    await s.advance(30_000)
    expect(connection.closedWith).toBeNull()
    await s.advance(25_000)
    expect(connection.closedWith?.code).toBe(4012)
  })

  test('P-LV-4: several frames are written in pieces of at most 64 KiB, so that a stall can be recognised', async () => {
    const s = stage()
    const connection = await slow(s)
    connection.highWaterMark = Number.MAX_SAFE_INTEGER
    await s.publish('#a', ...numbers(1, 300).map((i) => [i, kilobyte]))
    expect(Math.max(...connection.sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(64 * 1024)
    expect(messages(connection)).toHaveLength(300)
  })

  test('P-LV-4: a client on the memory network that reads again gets each message once', async () => {
    const s = stage({ path: 'asynchronous', limits: { queue: 64 * 1024 } })
    const alice = await s.client('alice', { streams: { '#a': null } })
    alice.connection.pause()
    const publishing = numbers(1, 400).map((i) => s.hub.to('#a').send('say', [i, kilobyte]))
    await s.advance(5_000)
    await Promise.all(publishing)
    expect(alice.messages('#a')).toEqual([])
    alice.connection.resume()
    await s.settle()
    expect(alice.messages('#a').map(([at]) => at)).toEqual(numbers(1, 400))
  })
})
