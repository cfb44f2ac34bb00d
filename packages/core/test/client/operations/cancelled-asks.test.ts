import { ChatError, handleAsk } from '@chat/core'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'
import { deferred } from '../../support/stage.ts'

const abortOf = (signal: AbortSignal | undefined): { aborted: boolean; reason: unknown } =>
  signal as unknown as { aborted: boolean; reason: unknown }

describe('an ask that the hub cancels', () => {
  test('P-CN-4: aborts the signal of its handler, and of no other', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const signals: AbortSignal[] = []
      handleAsk(client, 'confirm', (_, { signal }) => {
        signals.push(signal)
        return new Promise(() => {})
      })
      stage.hub.at().write(['ask', 1, 'confirm', null], ['ask', 2, 'confirm', null])
      await stage.settle()
      stage.hub.at().write(['cancel', 2])
      await stage.settle()
      expect(signals.map((signal) => abortOf(signal).aborted)).toEqual([false, true])
      expect(abortOf(signals[1]).reason).toMatchObject({ code: 'cancelled' })
    }))

  test.each<[string, (work: ReturnType<typeof deferred<unknown>>) => void]>([
    ['its answer', (work) => work.resolve('late')],
    ['its refusal', (work) => work.reject(new ChatError('ui/closed', 'closed'))],
    ['its error', (work) => work.reject(new Error('aborted'))],
    ['an answer without JSON', (work) => work.resolve(1n)],
  ])('P-CN-4: writes nothing any more, and reports nothing: %s', (_, settle) =>
    play(async (stage) => {
      const client = await stage.connected()
      const work = deferred<unknown>()
      handleAsk(client, 'confirm', () => work.promise)
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      stage.hub.at().write(['cancel', 1])
      await stage.settle()
      settle(work)
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello'])
      expect(client.said.errors).toEqual([])
    }),
  )

  test.each([1, 7, '^s9fK2b_x.2/#chat'])(
    'P-CN-4: a cancel of %j, which is not open, changes nothing',
    (target) =>
      play(async (stage) => {
        const client = await stage.connected()
        handleAsk(client, 'confirm', () => 'yes')
        stage.hub.at().write(['ask', 1, 'confirm', null])
        await stage.settle()
        stage.hub.at().write(['cancel', target], ['ask', 2, 'confirm', null])
        await stage.settle()
        expect(stage.hub.at().of('reply')).toEqual([
          ['reply', 1, 'yes'],
          ['reply', 2, 'yes'],
        ])
        expect([client.counters.unknownFrames, client.said.errors]).toEqual([0, []])
      }),
  )

  test('P-CN-4: a cancel concerns the asks of its own connection: a number comes again on the next', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const signals: AbortSignal[] = []
      const works = [deferred<unknown>(), deferred<unknown>()]
      handleAsk(client, 'confirm', (_, { signal }) => works[signals.push(signal) - 1]?.promise)
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(3_000)
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      works[0]?.resolve('of the first connection')
      await stage.settle()
      expect(signals.map((signal) => abortOf(signal).aborted)).toEqual([true, false])
      stage.hub.at().write(['cancel', 1])
      await stage.settle()
      expect(abortOf(signals[1]).reason).toMatchObject({ code: 'cancelled' })
      works[1]?.resolve('too late')
      await stage.settle()
      expect(stage.hub.at().of('reply')).toEqual([])
    }))

  test('P-CN-4: a handler that answers in the call of its abort is not heard', () =>
    play(async (stage) => {
      const client = await stage.connected()
      handleAsk(
        client,
        'confirm',
        (_, { signal }) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve('closed'))),
      )
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      stage.hub.at().write(['cancel', 1])
      await stage.settle()
      expect(stage.hub.at().of('reply')).toEqual([])
    }))

  test('P-CN-4: through real hubs, the dialogs of the other devices close when one has answered', () =>
    world({ seed: 5 }, async (w) => {
      const options = {
        authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
        authorize: () => true,
      }
      const hubs = [w.hub(options), w.hub(options)]
      const closed: string[] = []
      for (const [i, name] of ['laptop', 'phone', 'tablet'].entries()) {
        const client = await w.client(hubs[i % 2] as (typeof hubs)[0], 'alice')
        handleAsk(client, 'confirm', (_, { signal }) => {
          if (name === 'phone')
            return new Promise((resolve) => w.runtime('people').timer(1_000, () => resolve('yes')))
          return new Promise((resolve) =>
            signal.addEventListener('abort', () => {
              closed.push(name)
              resolve(null)
            }),
          )
        })
      }
      const asked = hubs[0]?.to('@alice').ask('confirm', null)
      await w.advance(3_000)
      expect(await asked).toBe('yes')
      expect(closed.sort()).toEqual(['laptop', 'tablet'])
    }))
})

describe('the cancel of a call through real hubs', () => {
  test('P-CN-2: aborts the signal of the handler, and frees its place in limits.inflight', () =>
    world({ seed: 7 }, async (w) => {
      const hub = w.hub({
        authenticate: ({ token }) => ({ id: token ?? '' }),
        limits: { inflight: 1 },
      })
      const reasons: unknown[] = []
      hub.handle('work', (_, { signal }) => {
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            reasons.push(abortOf(signal).reason)
            reject(new Error('stopped'))
          }),
        )
      })
      hub.handle('now', () => 'done')
      const client = await w.client(hub, 'alice')
      const aborter = new AbortController()
      const call = client.call('work', null, { signal: aborter.signal }).catch((error: unknown) => error)
      const next = client.call('now', null)
      await w.advance(500)
      aborter.abort('enough')
      expect(await call).toBe('enough')
      await w.advance(500)
      expect(await next).toBe('done')
      expect(reasons).toMatchObject([{ code: 'cancelled' }])
    }))
})
