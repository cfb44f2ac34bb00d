import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { limits, play, type RawFrame, type Stage } from '../../support/fake-hub.ts'

const answer = (at: number) => ({ epoch: 'e1', at, id: `session1.${at}` })
const refs = (frames: readonly RawFrame[]): unknown[] => frames.map(([, ref]) => ref)

async function reconnect(stage: Stage): Promise<void> {
  await stage.settle()
  stage.hub.at().cut()
  await stage.advance(3_000)
}

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

  test('further operations have a window of 16, and do not wait behind the sends', () =>
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

  test('an operation that was given up counts until the hub has answered it', () =>
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

  test('a cast over the rate is dropped, and casts use up the rate of sends', () =>
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

  test('a reconnect does not refill the bucket, because the hub counts per user', () =>
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

  test('operations without an answer count once: calls at the loss, repetitions with their answer', () =>
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

  test('sends that a fresh session cannot repeat count too', () =>
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
