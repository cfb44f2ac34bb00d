import { ChatError, UncertainError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { play, type RawFrame, type Stage } from '../../support/fake-hub.ts'

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

  test('is over after a long sleep: the send is not repeated then (P-PB-3)', () =>
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
  test('makes written sends uncertain, and writes the waiting sends with new refs', () =>
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

  test('repeats an idempotent call with a new ref, before later operations', () =>
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
