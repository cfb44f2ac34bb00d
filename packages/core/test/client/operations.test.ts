import { ChatError, UncertainError, UsageError } from '@chat/core'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { limits, play, type RawFrame, type Stage } from '../support/fake-hub.ts'

const answer = (at: number) => ({ epoch: 'e1', at, id: `session1.${at}` })
const stored = (at: number) => ({ position: ['e1', at, `session1.${at}`], id: `session1.${at}` })
const refs = (frames: readonly RawFrame[]): unknown[] => frames.map(([, ref]) => ref)

async function reconnect(stage: Stage): Promise<void> {
  await stage.settle()
  stage.hub.at().cut()
  await stage.advance(3_000)
}

describe('a send', () => {
  test('carries a ref, and resolves with where the log took it (P-PB-1)', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', { text: 'hi' }))
      await stage.settle()
      expect(stage.hub.at().of('send')).toEqual([['send', 1, '#a', 'say', { text: 'hi' }]])
      expect(outcome.value).toEqual(stored(1))
    }))

  test.each([undefined, null, 0, '', false])('of %s is sent as JSON has it', (data) =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.watch(client.to('#a').send('say', data))
      await stage.settle()
      expect(stage.hub.at().of('send')[0]?.[4]).toBe(data ?? null)
    }),
  )

  test('made before the client is connected waits for it', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      const outcome = stage.watch(stage.client().to('#a').send('say', 1))
      await stage.settle()
      expect(outcome.state).toBe('resolved')
    }))

  test('without an answer is repeated after a reconnect with the same ref and in the same order (P-PB-3, P-PB-4)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcomes = [1, 2, 3].map((n) => stage.watch(client.to('#a').send('say', n)))
      await stage.settle()
      stage.hub.at().write(['ok', 2, answer(2)])
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      const later = stage.watch(client.to('#a').send('say', 4))
      await stage.advance(3_000)
      expect(stage.hub.at().of('send')).toEqual([
        ['send', 1, '#a', 'say', 1],
        ['send', 3, '#a', 'say', 3],
        ['send', 4, '#a', 'say', 4],
      ])
      for (const ref of [1, 3, 4]) stage.hub.at().write(['ok', ref, answer(ref)])
      await stage.settle()
      expect([...outcomes, later].map(({ value }) => value)).toEqual([1, 2, 3, 4].map(stored))
    }))

  test('is repeated as often as it takes, and settled once', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      for (let i = 0; i < 4; i++) await reconnect(stage)
      expect(stage.hub.connections.map((connection) => refs(connection.of('send')))).toEqual([
        [1],
        [1],
        [1],
        [1],
        [1],
      ])
      stage.hub.at().write(['ok', 1, { ...answer(1), dup: true }], ['ok', 1, answer(9)])
      await stage.settle()
      expect(outcome.value).toMatchObject(stored(1))
      expect(client.counters.strayAnswers).toBe(1)
    }))

  test('whose first attempt is answered with `err` has failed for good (P-PB-3)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      stage.hub.at().write(['err', 1, 'rate_limited', 'slowly', { retryAfter: 70, detail: { why: 'x' } }])
      await stage.settle()
      expect(outcome.error).toBeInstanceOf(ChatError)
      expect(outcome.error).not.toBeInstanceOf(UncertainError)
      expect(outcome.error).toMatchObject({
        code: 'rate_limited',
        message: 'slowly',
        retryable: true,
        retryAfter: 70,
        detail: { why: 'x' },
      })
      await reconnect(stage)
      expect(stage.hub.at().of('send')).toEqual([])
    }))

  test('an answer lost, then a repetition that is refused: uncertain, with the `err` as its cause (P-PB-3)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await reconnect(stage)
      stage.hub.at().write(['err', 1, 'forbidden', 'no longer'])
      await stage.settle()
      expect(outcome.error).toBeInstanceOf(UncertainError)
      expect(outcome.error).toMatchObject({ code: 'uncertain', cause: { code: 'forbidden' } })
    }))

  test('an application’s own code arrives as it is', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      stage.hub.at().write(['err', 1, 'shop/out_of_stock', 'sold out'])
      await stage.settle()
      expect(outcome.error).toMatchObject({ code: 'shop/out_of_stock', retryable: false })
    }))
})

describe('the publish horizon (P-PB-3)', () => {
  test.each([
    ['a millisecond before it resolves', -1, 'resolved'],
    ['a millisecond behind it comes too late: uncertain', 1, 'rejected'],
  ])('an answer %s (U-18)', (_, offset, state) =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      const start = stage.time.now
      await stage.advance(60_000 + offset)
      stage.hub.at().write(['ok', 1, answer(1)])
      await stage.advance(1)
      expect(outcome.state).toBe(state)
      if (state === 'rejected')
        expect(outcome).toMatchObject({ at: start + 60_000, error: { code: 'uncertain' } })
    }),
  )

  test('counts from the first write, not from the call and not from the repetition', () =>
    play(async (stage) => {
      stage.reachable = false
      const client = stage.client()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.advance(90_000)
      stage.reachable = true
      await stage.advance(21_000)
      expect(stage.hub.at().of('send')).toHaveLength(1)
      const written = stage.hub.times[0] ?? 0
      stage.hub.script['hello'] = () => {}
      stage.hub.at().cut()
      await stage.advance(written + 59_990 - stage.time.now)
      expect(outcome.state).toBe('pending')
      await stage.advance(20)
      expect(outcome.error?.code).toBe('uncertain')
    }))

  test('each send has its own', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const first = stage.watch(client.to('#a').send('say', 1))
      await stage.advance(10_000)
      const second = stage.watch(client.to('#b').send('say', 2))
      await stage.advance(70_000)
      expect([first.at, second.at].map((at) => (at ?? 0) - (first.at ?? 0))).toEqual([0, 10_000])
    }))

  test('is over after a long sleep: nothing is repeated then (P-PB-3)', () =>
    play(async (stage) => {
      let asleep = 0
      const clock = stage.time.runtime('sleeper')
      const client = await stage.connected({ runtime: { ...clock, now: () => clock.now() + asleep } })
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      asleep = 3 * 3_600_000
      await stage.advance(3_000)
      expect(client.status).toBe('connected')
      expect(stage.hub.at().of('send')).toEqual([])
      expect(outcome.error?.code).toBe('uncertain')
    }))
})

describe('a fresh session (P-PB-8)', () => {
  test('what had been written is uncertain, what had not goes out with new refs', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const written = stage.watch(client.to('#a').send('say', 'written'))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      const waiting = stage.watch(client.to('#a').send('say', 'waiting'))
      stage.hub.welcome = { resumed: false, session: { id: 'other', secret: 'x' } }
      await stage.advance(3_000)
      expect(written.error).toMatchObject({ code: 'uncertain' })
      expect(waiting.state).toBe('pending')
      expect(stage.hub.at().of('send')).toEqual([['send', 2, '#a', 'say', 'waiting']])
      expect(client.session).toBe('other')
    }))

  test('an idempotent call is repeated in it, with a new ref and before what came later', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const [first, second] = [1, 2].map((n) => stage.watch(client.call('get', n, { idempotent: true })))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      stage.watch(client.call('get', 3))
      stage.hub.welcome = { resumed: false }
      await stage.advance(3_000)
      expect(stage.hub.at().of('call')).toEqual([
        ['call', 3, 'get', 1],
        ['call', 4, 'get', 2],
        ['call', 5, 'get', 3],
      ])
      stage.hub.at().write(['ok', 3, 'one'], ['ok', 4, 'two'])
      await stage.settle()
      expect([first?.value, second?.value]).toEqual(['one', 'two'])
    }))
})

describe('the windows (P-PB-6)', () => {
  test('at most 64 sends and calls are unanswered, the rest waits in order', () =>
    play(async (stage) => {
      const client = await stage.connected()
      for (let i = 0; i < 70; i++) {
        if (i % 2 === 0) stage.watch(client.to('#a').send('say', i))
        else stage.watch(client.call('count', i))
      }
      await stage.settle()
      const written = (): number => stage.hub.at().of('send').length + stage.hub.at().of('call').length
      expect(written()).toBe(64)
      stage.hub.at().write(['ok', 7], ['err', 8, 'busy', ''], ['ok', 9, answer(9)])
      await stage.settle()
      expect(written()).toBe(67)
      expect(refs(stage.hub.at().frames.slice(1))).toEqual(Array.from({ length: 67 }, (_, i) => i + 1))
    }))

  test('are as large as the hub says', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, inflight: 3 } }
      const client = await stage.connected()
      for (let i = 0; i < 5; i++) stage.watch(client.to('#a').send('say', i))
      await stage.settle()
      expect(stage.hub.at().of('send')).toHaveLength(3)
    }))

  test('other operations have one of 16, and do not wait behind the sends', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      for (let i = 0; i < 200; i++) stage.watch(client.to('#a').send('say', i))
      for (let i = 0; i < 20; i++) stage.watch(client.history('#a'))
      await stage.settle()
      client.join('#b')
      await stage.settle()
      expect(stage.hub.at().of('send')).toHaveLength(64)
      expect(stage.hub.at().of('read')).toHaveLength(16)
      expect(stage.hub.at().of('join')).toEqual([])
      const [, ref] = stage.hub.at().of('read')[0] ?? []
      stage.hub.at().write(['err', ref, 'forbidden', ''])
      await stage.settle()
      expect(stage.hub.at().of('read')).toHaveLength(17)
    }))

  test('what is given up keeps its place until the hub has answered it', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, inflight: 1 } }
      const client = await stage.connected()
      const aborter = new AbortController()
      const given = stage.watch(client.to('#a').send('say', 1, { signal: aborter.signal }))
      const next = stage.watch(client.to('#a').send('say', 2))
      await stage.settle()
      aborter.abort()
      await stage.settle()
      expect(given.error?.code).toBe('uncertain')
      expect(stage.hub.at().of('send')).toHaveLength(1)
      stage.hub.at().write(['ok', 1, answer(1)])
      await stage.settle()
      expect(stage.hub.at().of('send')).toHaveLength(2)
      expect(next.state).toBe('pending')
      expect(client.counters.strayAnswers).toBe(0)
    }))
})

describe('the rate (P-LV-3)', () => {
  test('a client paces itself: a burst, then as many a second as the hub takes', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      stage.hub.welcome = { limits: { ...limits, rate: 10, burst: 5 } }
      const client = await stage.connected()
      for (let i = 0; i < 30; i++) stage.watch(client.to('#a').send('say', i))
      await stage.advance(1)
      expect(stage.hub.at().of('send')).toHaveLength(5)
      await stage.advance(1_000)
      expect(stage.hub.at().of('send')).toHaveLength(15)
      await stage.advance(2_000)
      expect(stage.hub.at().of('send')).toHaveLength(30)
    }))

  test('a cast over it is dropped, and what it used up is not there for others', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      stage.hub.welcome = { limits: { ...limits, rate: 1, burst: 3 } }
      const client = await stage.connected()
      for (let i = 0; i < 5; i++) client.to('#a').cast('typing', i)
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.advance(500)
      expect(
        stage.hub
          .at()
          .of('cast')
          .map(([, , , data]) => data),
      ).toEqual([0, 1, 2])
      expect(outcome.state).toBe('pending')
      await stage.advance(600)
      expect(outcome.state).toBe('resolved')
    }))

  test('a reconnect gives nothing back: the hub counts per user', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      stage.hub.welcome = { limits: { ...limits, rate: 1, burst: 50 } }
      const client = await stage.connected()
      for (let i = 0; i < 50; i++) stage.watch(client.to('#a').send('say', i))
      await stage.settle()
      await reconnect(stage)
      for (let i = 0; i < 50; i++) stage.watch(client.to('#a').send('say', i))
      await stage.settle()
      expect(stage.hub.at().of('send').length).toBeLessThan(5)
    }))

  test('what was lost unanswered counts once: calls at the loss, repetitions with their answer', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, rate: 0.01, burst: 9 } }
      const client = await stage.connected()
      for (let i = 0; i < 3; i++) stage.watch(client.to('#a').send('say', i))
      for (let i = 0; i < 2; i++) stage.watch(client.call('x', i))
      await reconnect(stage)
      expect(stage.hub.at().of('send')).toHaveLength(3)
      for (let i = 0; i < 20; i++) stage.watch(client.to('#b').send('say', i))
      await stage.settle()
      // Nine, less two calls.
      expect(stage.hub.at().of('send')).toHaveLength(7)
    }))

  test('what a fresh session cannot repeat counts too', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, rate: 0.01, burst: 9 } }
      const client = await stage.connected()
      for (let i = 0; i < 6; i++) stage.watch(client.to('#a').send('say', i))
      await stage.settle()
      stage.hub.welcome = { ...stage.hub.welcome, resumed: false }
      await reconnect(stage)
      for (let i = 0; i < 20; i++) stage.watch(client.to('#b').send('say', i))
      await stage.settle()
      expect(stage.hub.at().of('send')).toHaveLength(3)
    }))

  test.each([1, 2, 3, 4])(
    'a real hub never answers a client with `rate_limited`, on a shaky line (seed %i)',
    (seed) =>
      world({ seed, latency: [1, 300] }, async (w) => {
        const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
        const alice = await w.client(hub, 'alice')
        const sends: Promise<unknown>[] = []
        for (let i = 0; i < 400; i++) {
          sends.push(alice.to('#a').send('say', i))
          if (i % 50 === 0) await w.advance(seed * 150)
          if (i === 200) w.link(alice).cut('2s')
        }
        await Promise.all(sends)
      }),
  )
})

describe('a call (P-PB-7)', () => {
  test('resolves with the handler’s result', () =>
    play(async (stage) => {
      stage.hub.script['call'] = (connection, [, ref, , input]) => connection.write(['ok', ref, input])
      const client = await stage.connected()
      const outcome = stage.watch(client.call('echo', { a: [1] }))
      await stage.settle()
      expect(outcome.value).toEqual({ a: [1] })
    }))

  test('without an answer when the connection is lost is uncertain, and not repeated', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.call('pay', 1))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      expect(outcome.error).toBeInstanceOf(UncertainError)
      await stage.advance(3_000)
      expect(stage.hub.at().of('call')).toEqual([])
    }))

  test('that was never written waits for the next connection', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().cut()
      await stage.advance(0)
      const outcome = stage.watch(client.call('pay', 1))
      await stage.advance(3_000)
      expect(stage.hub.at().of('call')).toEqual([['call', 1, 'pay', 1]])
      expect(outcome.state).toBe('pending')
    }))

  test('declared idempotent is repeated with the same ref, before anything with a greater one', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.call('get', 1, { idempotent: true }))
      stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      client.join('#late')
      stage.watch(client.history('#a'))
      await stage.advance(3_000)
      const { frames } = stage.hub.at()
      expect(refs(frames.slice(2))).toEqual([1, 2, 3])
      stage.hub.at().write(['ok', 1, 'done'])
      await stage.settle()
      expect(outcome.value).toBe('done')
    }))

  test('has an answer in time or is uncertain: it may have run (P-PB-7)', () =>
    play(async (stage) => {
      const client = await stage.connected({ callTimeout: 5_000 })
      const outcomes = [client.call('a', 1), client.call('b', 1, { timeout: 1_000 })].map((call) =>
        stage.watch(call),
      )
      await stage.settle()
      const start = stage.time.now
      await stage.advance(6_000)
      const uncertain = { code: 'uncertain', cause: { code: 'timeout' } }
      expect(outcomes.map(({ at }) => (at ?? 0) - start)).toEqual([5_000, 1_000])
      expect(outcomes.map(({ error }) => error)).toMatchObject([uncertain, uncertain])
      stage.hub.at().write(['ok', 1, 'too late'])
      await stage.settle()
      expect(client.counters.strayAnswers).toBe(0)
    }))

  test('is rejected as `timeout` when it was never written, or may run twice', () =>
    play(async (stage) => {
      const client = await stage.connected({ callTimeout: 2_000 })
      const idempotent = stage.watch(client.call('a', 1, { idempotent: true }))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      const waiting = stage.watch(client.call('b', 1, { timeout: 10 }))
      await stage.advance(3_000)
      expect([idempotent, waiting].map(({ error }) => error?.code)).toEqual(['timeout', 'timeout'])
    }))
})

describe('an abort signal', () => {
  test.each(['send', 'request', 'history'] as const)('that has aborted already: %s writes nothing', (what) =>
    play(async (stage) => {
      const client = await stage.connected()
      const signal = AbortSignal.abort('not wanted')
      const run = {
        send: () => client.to('#a').send('say', 1, { signal }),
        request: () => client.call('x', 1, { signal }),
        history: () => client.history('#a', { signal }),
      }
      const outcome = stage.watch(run[what]())
      await stage.settle()
      expect(outcome).toMatchObject({ state: 'rejected', error: 'not wanted' })
      expect(stage.hub.at().types).toEqual(['hello'])
    }),
  )

  test('takes out what waits, with its own reason', () =>
    play(async (stage) => {
      const client = stage.client()
      const aborter = new AbortController()
      const outcome = stage.watch(client.to('#a').send('say', 1, { signal: aborter.signal }))
      aborter.abort(new Error('enough'))
      await stage.settle()
      expect(outcome.error).toMatchObject({ message: 'enough' })
      expect(stage.hub.at().of('send')).toEqual([])
    }))

  test('makes a send that was written uncertain, also while it waits to be repeated', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const aborters = [new AbortController(), new AbortController()]
      const outcomes = aborters.map(({ signal }) => stage.watch(client.to('#a').send('say', 1, { signal })))
      await stage.settle()
      aborters[0]?.abort('now')
      stage.hub.at().cut()
      await stage.advance(0)
      aborters[1]?.abort('later')
      await stage.advance(3_000)
      expect(outcomes.map(({ error }) => [error?.code, error?.cause])).toEqual([
        ['uncertain', 'now'],
        ['uncertain', 'later'],
      ])
      expect(stage.hub.at().of('send')).toEqual([])
    }))

  test('stops the waiting for a call', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const aborter = new AbortController()
      const outcome = stage.watch(client.call('x', 1, { signal: aborter.signal }))
      await stage.settle()
      aborter.abort('enough')
      await stage.settle()
      expect(outcome).toMatchObject({ state: 'rejected', error: 'enough' })
    }))

  test('after the answer changes nothing, and nothing is left on it', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      const client = await stage.connected()
      const aborter = new AbortController()
      let listeners = 0
      const { signal } = aborter
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++
        add(...args)
      }
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--
        remove(...args)
      }
      const outcome = stage.watch(client.to('#a').send('say', 1, { signal }))
      await stage.settle()
      expect(outcome.state).toBe('resolved')
      expect(listeners).toBe(0)
      aborter.abort()
    }))
})

describe('what is too large is refused at the call (P-LV-3)', () => {
  const over = 'x'.repeat(65_536)
  const half = '漢'.repeat(22_000)

  test.each([over, half])('a send, a call and a cast', (data) =>
    play(async (stage) => {
      const client = await stage.connected()
      for (const done of [client.to('#a').send('say', data), client.call('x', data)])
        await expect(done).rejects.toMatchObject({ code: 'too_large' })
      expect(() => client.to('#a').cast('say', data)).toThrow(expect.objectContaining({ code: 'too_large' }))
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello'])
    }),
  )

  test('a cast with its key', () =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => client.to('#a').cast('say', 'x'.repeat(60_000), { key: 'k'.repeat(10_000) })).toThrow(
        expect.objectContaining({ code: 'too_large' }),
      )
    }))

  test('what was queued before the hub named a smaller limit', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, frame: 200 } }
      stage.hub.storeSends()
      const client = stage.client()
      const outcomes = ['x'.repeat(300), 'small'].map((data) =>
        stage.watch(client.to('#a').send('say', data)),
      )
      await stage.settle()
      expect(outcomes.map(({ state, error }) => error?.code ?? state)).toEqual(['too_large', 'resolved'])
      expect(client.status).toBe('connected')
    }))

  test('transmissions keep to the hub’s limit', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      stage.hub.welcome = { limits: { ...limits, transmission: 70_000 } }
      const client = await stage.connected()
      for (let i = 0; i < 10; i++) stage.watch(client.to('#a').send('say', 'x'.repeat(20_000)))
      await stage.settle()
      expect(stage.hub.at().of('send')).toHaveLength(10)
      for (const { length } of stage.hub.at().transmissions) expect(length).toBeLessThanOrEqual(70_000)
    }))

  test('data without a JSON form is `bad_payload`', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const cycle: unknown[] = []
      cycle.push(cycle)
      for (const data of [1n, cycle])
        await expect(client.to('#a').send('say', data)).rejects.toMatchObject({ code: 'bad_payload' })
    }))
})

describe('the outbox', () => {
  test('is bounded: one more is rejected as `full`', () =>
    play(async (stage) => {
      const client = stage.client({ maxQueued: 3 })
      const outcomes = [1, 2, 3, 4].map((n) => stage.watch(client.to('#a').send('say', n)))
      stage.watch(client.history('#a'))
      await stage.advance(0)
      expect(outcomes.map(({ state, error }) => error?.code ?? state)).toEqual([
        'pending',
        'pending',
        'pending',
        'full',
      ])
      expect(outcomes[3]?.error).toMatchObject({ retryable: true })
    }))

  test('that is full does not stand in the way of joins and leaves', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, inflight: 1 } }
      const client = await stage.connected({ maxQueued: 2 })
      for (let i = 0; i < 4; i++) stage.watch(client.to('#a').send('say', i))
      const room = client.join('#a')
      await stage.settle()
      await room.ready
      room.leave()
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello', 'send', 'join', 'leave'])
    }))
})

describe('the end of the client', () => {
  test('rejects what waits as `closed`, and what was written as uncertain', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const [written, call, read] = [
        stage.watch(client.to('#a').send('say', 1)),
        stage.watch(client.call('x', 1)),
        stage.watch(client.history('#a')),
      ]
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      const waiting = stage.watch(client.to('#a').send('say', 2))
      client.close()
      await stage.advance(0)
      expect(written?.error).toMatchObject({ code: 'uncertain', cause: { code: 'closed' } })
      expect(call?.error).toMatchObject({ code: 'uncertain' })
      expect([read?.error?.code, waiting.error?.code]).toEqual(['closed', 'closed'])
    }))

  test('is final: what is tried afterwards is rejected, casts are dropped', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      client.close()
      for (const done of [room.send('say', 1), client.call('x', 1), room.history()])
        await expect(done).rejects.toBeInstanceOf(UsageError)
      room.cast('say', 1)
      room.leave()
      expect(() => client.join('#b')).toThrow(UsageError)
    }))
})

describe('what is used wrongly', () => {
  test.each(['', '$gap', 'a\nb', 'x'.repeat(129)])(
    'the event %j is rejected, nothing is thrown (P-PB-10)',
    (event) =>
      play(async (stage) => {
        const client = await stage.connected()
        await expect(client.to('#a').send(event, 1)).rejects.toBeInstanceOf(UsageError)
        await expect(client.call(event, 1)).rejects.toBeInstanceOf(UsageError)
        expect(() => client.to('#a').cast(event, 1)).toThrow(UsageError)
      }),
  )

  test.each(['', 'lobby', '#', '#\u0000', '@', `#${'x'.repeat(256)}`])('the address %j (P-AD-1)', (address) =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => client.to(address)).toThrow(UsageError)
      expect(() => client.join(address)).toThrow(UsageError)
      await expect(client.history(address)).rejects.toBeInstanceOf(UsageError)
    }),
  )

  test('a room to join is a room; a session takes no sends (P-AD-2)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      for (const address of ['*', '@bob', '~s1']) expect(() => client.join(address)).toThrow(UsageError)
      await expect(client.to('~s1').send('say', 1)).rejects.toBeInstanceOf(UsageError)
      client.to('~s1').cast('say', 1)
      await stage.settle()
      expect(stage.hub.at().of('cast')).toEqual([['cast', '~s1', 'say', 1]])
    }))
})

describe('a cast', () => {
  test('goes out with its key, and never waits', () =>
    play(async (stage) => {
      const client = stage.client()
      client.cast('#a', 'typing', 'too early')
      await stage.settle()
      client.cast('#a', 'typing', true, { key: 'k' })
      client.cast('#a', 'typing', undefined)
      await stage.settle()
      expect(stage.hub.at().of('cast')).toEqual([
        ['cast', '#a', 'typing', true, { key: 'k' }],
        ['cast', '#a', 'typing', null],
      ])
    }))
})

describe('history', () => {
  test('is a page of messages, oldest first (P-ST-6)', () =>
    play(async (stage) => {
      stage.hub.script['read'] = (connection, [, ref]) =>
        connection.write([
          'ok',
          ref,
          {
            epoch: 'e1',
            base: 2,
            top: 9,
            more: true,
            messages: [
              ['msg', '#a', 3, 'say', 'x', 'bob', 's1.4', 2],
              ['msg', '#a', 7, 'say', 'y', null, 'n.1', 3],
            ],
          },
        ])
      const client = await stage.connected()
      const page = stage.watch(client.join('#a').history({ before: 8, limit: 2 }))
      await stage.settle()
      expect(stage.hub.at().of('read')).toEqual([['read', expect.any(Number), '#a', { before: 8, limit: 2 }]])
      const message = { event: 'say', address: '#a', durable: true }
      expect(page.value).toEqual({
        epoch: 'e1',
        base: 2,
        top: 9,
        more: true,
        messages: [
          { ...message, at: 3, data: 'x', from: 'bob', id: 's1.4', session: 's1' },
          { ...message, at: 7, data: 'y', from: null, id: 'n.1', session: null },
        ],
      })
    }))

  test('is asked for again after a reconnect: reading does no harm', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.watch(client.history('#a'))
      await stage.settle()
      await reconnect(stage)
      expect(stage.hub.at().of('read')).toEqual([['read', 1, '#a', {}]])
    }))
})
