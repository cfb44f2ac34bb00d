import { describe, expect, test } from 'vitest'
import { limits, play, type RawFrame, type Stage } from '../../support/fake-hub.ts'

/** Starts a call with a signal of its own. */
function calling(stage: Stage, client: Awaited<ReturnType<Stage['connected']>>, options: object = {}) {
  const aborter = new AbortController()
  const outcome = stage.watch(client.call('work', 1, { signal: aborter.signal, ...options }))
  return { outcome, stop: (reason: unknown = 'enough') => aborter.abort(reason) }
}

const withoutHello = ({ frames }: { readonly frames: readonly RawFrame[] }): RawFrame[] => frames.slice(1)

describe('the abort of a call', () => {
  test('P-CN-3: sends a cancel, and rejects at once with the reason of the signal', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const { outcome, stop } = calling(stage, client)
      await stage.settle()
      stop('enough')
      await stage.settle()
      expect(outcome).toMatchObject({ state: 'rejected', error: 'enough' })
      expect(withoutHello(stage.hub.at())).toEqual([
        ['call', 1, 'work', 1],
        ['cancel', 2, 1],
      ])
    }))

  test.each<[string, RawFrame]>([
    ['a result', ['ok', 1, 'late']],
    ['a refusal', ['err', 1, 'cancelled', 'cancelled']],
  ])('P-CN-3: the answer is ignored: %s', (_, answer) =>
    play(async (stage) => {
      const client = await stage.connected()
      const { outcome, stop } = calling(stage, client)
      await stage.settle()
      stop()
      await stage.settle()
      stage.hub.at().write(['ok', 2], answer)
      await stage.settle()
      expect([outcome.error, client.counters.strayAnswers, client.said.errors]).toEqual(['enough', 0, []])
    }),
  )

  test('P-CN-2: a cancelled call counts in limits.inflight until its answer comes', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, inflight: 1 } }
      const client = await stage.connected()
      const { stop } = calling(stage, client)
      stage.watch(client.call('next', 2))
      await stage.settle()
      stop()
      await stage.settle()
      stage.hub.at().write(['ok', 2])
      await stage.settle()
      expect(stage.hub.at().of('call')).toEqual([['call', 1, 'work', 1]])
      stage.hub.at().write(['err', 1, 'cancelled', 'cancelled'])
      await stage.settle()
      expect(stage.hub.at().of('call').at(-1)).toEqual(['call', 3, 'next', 2])
    }))

  test.each([false, true])(
    'P-CN-3: the call is not repeated on a later connection, and neither is the cancel; idempotent: %s',
    (idempotent) =>
      play(async (stage) => {
        const client = await stage.connected()
        const { stop } = calling(stage, client, { idempotent })
        await stage.settle()
        stop()
        await stage.settle()
        stage.hub.at().cut()
        await stage.advance(3_000)
        expect(stage.hub.connections).toHaveLength(2)
        expect(withoutHello(stage.hub.at()).filter(([type]) => type !== 'pong')).toEqual([])
      }),
  )

  test('P-CN-3: a call that waits to be repeated is taken back without a cancel', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const { outcome, stop } = calling(stage, client, { idempotent: true })
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      stop()
      await stage.advance(3_000)
      expect(outcome.error).toBe('enough')
      expect(withoutHello(stage.hub.at()).filter(([type]) => type !== 'pong')).toEqual([])
    }))

  test('P-CN-3: an idempotent call that was repeated is cancelled on its new connection', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const { stop } = calling(stage, client, { idempotent: true })
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(3_000)
      stop()
      await stage.settle()
      expect(stage.hub.at().of('call')).toEqual([['call', 1, 'work', 1]])
      expect(stage.hub.at().of('cancel')).toEqual([['cancel', 2, 1]])
    }))

  test('P-CN-3: a call that was not written is taken back, and nothing is sent', () =>
    play(async (stage) => {
      const client = stage.client()
      const { outcome, stop } = calling(stage, client)
      stop()
      await stage.settle()
      expect(outcome.error).toBe('enough')
      expect(stage.hub.at().types).toEqual(['hello'])
    }))

  test('P-CN-3: a call that was refused for a limit, and waits for a further attempt, is taken back', () =>
    play(async (stage) => {
      stage.hub.script['call'] = (connection, [, ref]) =>
        connection.write([
          'err',
          ref,
          'rate_limited',
          'later',
          { retryAfter: 1_000, detail: { limit: 'rate' } },
        ])
      const client = await stage.connected()
      const { outcome, stop } = calling(stage, client)
      await stage.settle()
      stop()
      await stage.advance(5_000)
      expect(outcome.error).toBe('enough')
      expect(withoutHello(stage.hub.at())).toEqual([['call', 1, 'work', 1]])
    }))

  test('P-CN-1: a cancel waits neither for the rate nor for the operations that do', () =>
    play(async (stage) => {
      stage.hub.welcome = { limits: { ...limits, rate: 1, burst: 2 } }
      const client = await stage.connected()
      const { stop } = calling(stage, client)
      for (let i = 0; i < 5; i++) {
        stage.watch(client.history('#a'))
        stage.watch(client.to('#a').send('say', i))
      }
      await stage.settle()
      const before = stage.hub.at().frames.length
      stop()
      await stage.settle()
      expect(stage.hub.at().frames.slice(before)).toEqual([['cancel', expect.any(Number), 1]])
    }))

  test('P-CN-1: a cancel is written while the client holds what a limit has refused, and nothing else is', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const { stop } = calling(stage, client)
      await stage.settle()
      stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      stage.hub
        .at()
        .write(['err', 2, 'rate_limited', 'later', { retryAfter: 2_000, detail: { limit: 'rate' } }])
      await stage.settle()
      client.to('#a').cast('typing', 1, { key: 'k' })
      stop()
      await stage.settle()
      expect(withoutHello(stage.hub.at()).slice(2)).toEqual([['cancel', 3, 1]])
    }))

  test('P-CN-1: a cancel belongs to the window of 16 other operations', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const { stop } = calling(stage, client)
      for (let i = 0; i < 20; i++) stage.watch(client.history('#a'))
      await stage.settle()
      stop()
      await stage.settle()
      expect(stage.hub.at().of('cancel')).toEqual([])
      stage.hub.at().write(['ok', 2, { epoch: 'e', base: 0, top: 0, messages: [], more: false }])
      await stage.settle()
      // Of all operations that wait for the window, the cancel goes first.
      expect(stage.hub.at().frames.at(-1)).toEqual(['cancel', 18, 1])
    }))

  test('P-CN-3: an abort after the answer sends nothing', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const { outcome, stop } = calling(stage, client)
      await stage.settle()
      stage.hub.at().write(['ok', 1, 'done'])
      await stage.settle()
      stop()
      await stage.settle()
      expect([outcome.value, stage.hub.at().of('cancel')]).toEqual(['done', []])
    }))

  test('P-CN-3: only calls are cancelled: a send and a history whose signal aborts send nothing', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const aborter = new AbortController()
      const { signal } = aborter
      stage.watch(client.to('#a').send('say', 1, { signal }))
      stage.watch(client.history('#a', { signal }))
      await stage.settle()
      aborter.abort()
      await stage.settle()
      expect(stage.hub.at().of('cancel')).toEqual([])
    }))
})
