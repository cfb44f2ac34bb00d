import { UncertainError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { play, type RawFrame } from '../../support/fake-hub.ts'

const refs = (frames: readonly RawFrame[]): unknown[] => frames.map(([, ref]) => ref)

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

  test('declared idempotent is repeated with the same ref, before operations with greater refs', () =>
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

  test('removes a waiting operation, which rejects with its reason', () =>
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

  test('after the answer has no effect, and keeps no listener', () =>
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
