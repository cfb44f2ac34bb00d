import { ChatError, CloseCode, handleAsk, mayReconnect } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { backoff } from '../../../src/client/connection/backoff.ts'
import { msg, play, type RawFrame, type Stage } from '../../support/fake-hub.ts'

describe('the backoff (P-LV-2, U-09)', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2_000])('is uniform between its bounds for n = %i', (n) => {
    const random = generator(n + 1)
    const width = Math.min(20_000, 500 * 2 ** n)
    const tenths = new Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) {
      const delay = backoff(n, random())
      expect(delay).toBeGreaterThanOrEqual(100)
      expect(delay).toBeLessThanOrEqual(100 + width)
      const tenth = Math.min(9, Math.floor(((delay - 100) / width) * 10))
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  test('never is NaN or more than its cap', () => {
    for (let n = 0; n < 5_000; n += 7) expect(backoff(n, 1)).toBeLessThanOrEqual(20_100)
  })
})

function generator(seed: number): () => number {
  let state = seed * 2654435761
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** A runtime whose luck is always the worst: delays are as long as they may be. */
const unlucky = (stage: Stage) => ({ ...stage.runtime, random: () => 0.999999 })

describe('the wait before the next connection', () => {
  test('starts at n = 1 after a loss without a word, and grows, to 5 s in the first minute (P-LV-2)', () =>
    play(async (stage) => {
      const dials: number[] = []
      await stage.connected({
        runtime: unlucky(stage),
        dial: (options) => {
          dials.push(stage.time.now)
          return stage.reachable ? stage.dial(options) : Promise.reject(new Error('no'))
        },
      })
      stage.reachable = false
      stage.hub.at().cut()
      await stage.advance(90_000)
      const waits = dials.map((at, i) => Math.round(at - (dials[i - 1] ?? 0))).slice(1)
      expect(waits).toEqual([1_100, 2_100, 4_100, ...new Array(11).fill(5_100), 20_100])
    }))

  test('is the time of a `bye` that refuses the handshake (P-HS-1, P-LV-2)', () =>
    play(async (stage) => {
      const { hello } = stage.hub.script
      stage.hub.script['hello'] = (connection) => {
        connection.write(['bye', 4013, 'too many connections', { retryAfter: 7_000 }])
        connection.close(4013, 'too many connections')
      }
      const client = stage.client()
      await stage.settle()
      expect(client.said.status.at(-1)).toMatchObject({
        status: 'reconnecting',
        error: { code: 'rate_limited', retryAfter: 7_000 },
      })
      if (hello !== undefined) stage.hub.script['hello'] = hello
      await stage.advance(6_900)
      expect(client.status).toBe('reconnecting')
      await stage.advance(200)
      expect(client.status).toBe('connected')
      expect(client.said.errors).toEqual([])
    }))

  test('is reset after ten seconds of a stable connection, not on open (P-LV-2)', () =>
    play(async (stage) => {
      await stage.connected({ runtime: unlucky(stage) })
      const lose = async (after: number): Promise<number> => {
        const { length } = stage.hub.connections
        await stage.advance(after)
        stage.hub.at().cut()
        const lost = stage.time.now
        while (stage.hub.connections.length === length) await stage.advance(50)
        await stage.settle()
        return Math.round(((stage.hub.times.at(-1) ?? 0) - lost) / 100) * 100
      }
      expect(await lose(0)).toBe(1_100)
      expect(await lose(9_900)).toBe(2_100)
      expect(await lose(100)).toBe(4_100)
      expect(await lose(10_100)).toBe(1_100)
    }))

  test('after a bye starts at n = 0 (P-LV-2)', () =>
    play(async (stage) => {
      await stage.connected({ runtime: unlucky(stage) })
      stage.hub.at().write(['bye', 4001, 'moving'])
      await stage.settle()
      stage.hub.at().close(4001)
      await stage.advance(590)
      expect(stage.hub.connections).toHaveLength(1)
      await stage.advance(20)
      expect(stage.hub.connections).toHaveLength(2)
    }))

  test('is the `retryAfter` of a dialer’s error (P-LV-2)', () =>
    play(async (stage) => {
      let dials = 0
      const client = stage.client({
        dial: (options) => {
          if (dials++ > 0) return stage.dial(options)
          return Promise.reject(new ChatError('unavailable', 'full', { retryAfter: 45_000 }))
        },
      })
      await stage.advance(44_900)
      expect(dials).toBe(1)
      expect(client.said.status[0]?.error).toMatchObject({ code: 'unavailable', message: 'full' })
      await stage.advance(200)
      expect(client.status).toBe('connected')
    }))

  test('comes after a handshake that takes too long', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = () => {}
      const client = stage.client({ connectTimeout: 3_000 })
      await stage.advance(2_999)
      expect(client.status).toBe('connecting')
      await stage.advance(2)
      expect(client.said.status).toMatchObject([{ status: 'reconnecting', error: { code: 'timeout' } }])
      expect(stage.hub.at(0).closedWith).not.toBeNull()
      stage.hub.script['hello'] = (connection, frame) => connection.write(stage.hub.welcomeFor(frame))
      await stage.advance(2_000)
      expect(client.status).toBe('connected')
    }))

  test('comes after a dial that never ends, which is told to stop', () =>
    play(async (stage) => {
      const signals: AbortSignal[] = []
      stage.client({
        connectTimeout: 1_000,
        dial: ({ signal }) => {
          signals.push(signal)
          return new Promise(() => {})
        },
      })
      await stage.advance(10_000)
      expect(signals.length).toBeGreaterThan(2)
      expect(signals.slice(0, -1).every(({ aborted }) => aborted)).toBe(true)
    }))

  test('a connection that comes too late is not used', () =>
    play(async (stage) => {
      const slow = stage.time.runtime('slow')
      const { signal } = new AbortController()
      stage.client({
        connectTimeout: 1_000,
        dial: ({ protocols }) =>
          new Promise((resolve) => slow.timer(1_500, () => resolve(stage.dial({ protocols, signal })))),
      })
      await stage.advance(1_600)
      expect(stage.hub.at(0).frames).toEqual([])
      expect(stage.hub.at(0).closedWith).not.toBeNull()
    }))
})

describe('bye (P-LV-5)', () => {
  test('no operation starts on the connection, and those under way finish', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      client.on('say', () => {})
      const before = stage.watch(client.call('x', 1))
      await stage.settle()
      stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 5_000 }], ['ask', 1, 'confirm', null])
      handleAsk(client, 'confirm', () => 'yes')
      await stage.settle()
      const after = stage.watch(client.to('#a').send('say', 1))
      client.to('#a').cast('typing', true)
      client.join('#new')
      stage.watch(client.history('#a'))
      stage.hub.at().write(['ok', 1, 'answer'], msg('*', 1))
      await stage.settle()
      expect(before.value).toBe('answer')
      expect(client.positions['*']).toEqual(['e1', 1, 'm1'])
      expect(stage.hub.at().types).toEqual(['hello', 'call', 'reply'])
      stage.hub.storeSends()
      await stage.advance(6_000)
      expect(after.state).toBe('resolved')
      expect(stage.hub.at().of('join')).toEqual([])
    }))

  test('the client reconnects after `retryAfter`, and closes the old connection when the new connection is welcomed', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const old = stage.hub.at()
      const { hello } = stage.hub.script
      stage.hub.script['hello'] = () => {}
      old.write(['bye', 4001, 'moving', { retryAfter: 3_000 }])
      await stage.advance(2_900)
      expect(client.status).toBe('connected')
      await stage.advance(200)
      expect(stage.hub.connections).toHaveLength(2)
      expect(old.closedWith).toBeNull()
      hello?.(stage.hub.at(), stage.hub.at().frames[0] ?? ['hello'])
      await stage.settle()
      expect(client.status).toBe('connected')
      expect(old.closedWith).toMatchObject({ code: 1000 })
      expect(client.said.status.map(({ status }) => status)).toEqual([
        'connected',
        'reconnecting',
        'connected',
      ])
    }))

  test('it reconnects at the close when that is first', () =>
    play(async (stage) => {
      await stage.connected()
      stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 60_000 }])
      await stage.advance(2_000)
      stage.hub.at().close(4001)
      await stage.advance(700)
      expect(stage.hub.connections).toHaveLength(2)
      await stage.advance(70_000)
      expect(stage.hub.connections.length).toBeLessThan(5)
    }))

  test('a refused attempt before the close of that hub is no failure: the wait after the close is short', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 100 }])
      stage.reachable = false
      await stage.advance(8_000)
      expect(client.status).toBe('connected')
      stage.hub.at().close(4001)
      await stage.advance(10)
      expect(client.status).toBe('reconnecting')
      stage.reachable = true
      await stage.advance(1_100)
      expect(client.status).toBe('connected')
    }))

  test('the close does not make it later than it was to be', () =>
    play(async (stage) => {
      await stage.connected({ runtime: unlucky(stage) })
      stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 300 }])
      await stage.advance(200)
      stage.hub.at().close(4001)
      await stage.advance(110)
      expect(stage.hub.connections).toHaveLength(2)
    }))

  test('a close while the next connection is being made does not disturb it', () =>
    play(async (stage) => {
      const slow = stage.time.runtime('slow')
      const client = stage.client({
        dial: (options) =>
          new Promise((resolve) =>
            slow.timer(stage.hub.connections.length * 1_000, () => resolve(stage.dial(options))),
          ),
      })
      await stage.advance(10)
      stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 1_000 }])
      await stage.advance(1_500)
      stage.hub.at().close(4001)
      await stage.advance(600)
      expect(client.status).toBe('connected')
      expect(stage.hub.connections).toHaveLength(2)
    }))

  test('with no wait at all it comes back after 100 ms (P-LV-2)', () =>
    play(async (stage) => {
      await stage.connected()
      stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 0 }])
      await stage.settle()
      await stage.advance(1)
      expect(stage.hub.connections).toHaveLength(1)
      await stage.advance(100)
      expect(stage.hub.connections).toHaveLength(2)
    }))

  test('P-LV-8: for a limit, neither the close behind it nor the page ends the wait', () =>
    play(async (stage) => {
      let wake = (): void => {}
      const client = await stage.connected({
        environment: (hints) => {
          wake = hints.wake
          return () => {}
        },
      })
      stage.hub.at().write(['bye', 4013, 'over the rate', { retryAfter: 20_000 }])
      await stage.settle()
      wake()
      stage.hub.at().close(4013)
      await stage.advance(10_000)
      wake()
      await stage.advance(9_900)
      expect(stage.hub.connections).toHaveLength(1)
      expect(client.said.status.at(-1)?.error).toMatchObject({ code: 'rate_limited', retryAfter: 20_000 })
      await stage.advance(200)
      expect(client.status).toBe('connected')
    }))

  test.each([
    ['behind', true],
    ['in place of', false],
  ])(
    'again and again %s its welcome, without a wait, a hub is dialled ever more slowly (P-LV-2)',
    (_, welcomes) =>
      play(async (stage) => {
        const bye: RawFrame = ['bye', 4001, 'moving', { retryAfter: 0 }]
        stage.hub.script['hello'] = (connection, frame) =>
          connection.write(...(welcomes ? [stage.hub.welcomeFor(frame)] : []), bye)
        stage.client({ runtime: unlucky(stage) })
        await stage.advance(60_000)
        expect(stage.hub.connections.length).toBeLessThan(20)
      }),
  )

  test('a final close behind it is final, and its wait is forgotten', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().write(['bye', 4513, 'kicked', { retryAfter: 5_000 }])
      await stage.settle()
      stage.hub.at().close(4513)
      await stage.advance(1)
      expect(client.status).toBe('closed')
      expect(stage.time.pending).toBe(0)
    }))
})

describe('the close code says whether to come back (U-20)', () => {
  const defined = Object.values(CloseCode)
  const unknown = [
    4000, 4099, 4321, 4499, 4500, 4550, 4777, 4899, 4900, 4999, 3000, 3999, 1000, 1001, 1005, 1006,
  ]
  const webSocket = [1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015]

  test.each([...new Set([...defined, ...unknown, ...webSocket])])('%i', (code) => {
    const final = (code >= 4500 && code < 4900) || [1002, 1003, 1007, 1008, 1009, 1010].includes(code)
    expect(mayReconnect(code)).toBe(!final)
  })

  test.each([4001, 4004, 4008, 4009, 4012, 4013, 4408, 4123, 1000, 1001, 1011])(
    '%i: the client does',
    (code) =>
      play(async (stage) => {
        const client = await stage.connected()
        stage.hub.at().close(code)
        await stage.advance(3_000)
        expect(client.status).toBe('connected')
      }),
  )

  test.each([
    [4501, 'unauthorized'],
    [4502, 'unavailable'],
    [4503, 'forbidden'],
    [4506, 'unsupported'],
    [4509, 'conflict'],
    [4513, 'forbidden'],
    [4514, 'too_large'],
    [4567, 'unavailable'],
    [1008, 'unavailable'],
  ])('%i: the client does not, and says %s', (code, kind) =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().close(code, 'because')
      await stage.advance(60_000)
      expect(client.said.status.at(-1)).toMatchObject({
        status: 'closed',
        error: { code: kind, detail: { code }, message: `unable to stay connected: because (code ${code})` },
      })
      expect(stage.hub.connections).toHaveLength(1)
    }),
  )
})

describe('the error of a connection', () => {
  test('that was refused says that the client could not connect', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = (connection) => connection.close(4501, 'who are you')
      const client = stage.client()
      await stage.settle()
      expect(client.said.status.at(-1)?.error?.message).toBe('unable to connect: who are you (code 4501)')
    }))

  test('a loss without a word has its code alone', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().cut()
      await stage.settle()
      expect(client.said.status.at(-1)?.error?.message).toBe('unable to stay connected: code 1006')
    }))

  test('that the client gave up has the reason of the client', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().write('no frame')
      await stage.settle()
      expect(client.said.status.at(-1)?.error?.message).toBe(
        'unable to stay connected: the hub broke the protocol',
      )
    }))
})

describe('a frame that is not valid (P-FR-5)', () => {
  test.each([
    '',
    'x',
    '{}',
    '[]',
    '[1]',
    '["ok"]',
    '["ok",0]',
    '["ok",-1]',
    '["ok",1.5]',
    '["ok",9007199254740992]',
    '["msg","#a",0,"say",1,null,"x"]',
    '["msg","#a",1,"say",1,null]',
    '["gap","#a","epoch",["e",-1,null]]',
    '["ask",0,"x",1]',
    '["ping","x"]',
    '["pong",1]\n',
  ])('%j drops the connection, and the client comes back', (line) =>
    play(async (stage) => {
      const client = await stage.connected()
      const seen: unknown[] = []
      client.on('say', (data) => seen.push(data))
      stage.hub.at().write(msg('*', 1), line, msg('*', 2))
      await stage.settle()
      await stage.advance(0)
      expect(client.status).toBe('reconnecting')
      // What stood before it keeps its effect, what stands behind it has none.
      expect(seen).toEqual([1])
      expect(client.said.errors).toMatchObject([{ subject: 'protocol' }])
      await stage.advance(3_000)
      expect(client.status).toBe('connected')
    }),
  )

  test('an answer to a join without a position does the same', () =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['ok', ref, { epoch: 'e1' }])
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      await stage.advance(0)
      expect(client.status).toBe('reconnecting')
    }))
})

test('an unknown type is ignored and counted, and so are unknown elements (P-FR-3, P-FR-4)', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const seen: unknown[] = []
    client.on('say', (data) => seen.push(data))
    stage.hub
      .at()
      .write(['news', 1, {}], ['presence', '#a', 1, [], []], [...msg('*', 1), 0, null, 'more', {}] as never)
    await stage.settle()
    expect(client.counters).toEqual({ unknownFrames: expect.any(Number), strayAnswers: 0 })
    expect(client.counters.unknownFrames).toBeGreaterThan(0)
    expect(seen).toEqual([1])
    expect(client.status).toBe('connected')
  }))

test('an answer without a waiting operation is ignored and counted (P-FR-10)', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().write(['ok', 99], ['err', 98, 'internal', 'x'], ['ok', 1, {}])
    await stage.settle()
    expect(client.counters).toEqual({ unknownFrames: 0, strayAnswers: 3 })
    expect(client.status).toBe('connected')
  }))
