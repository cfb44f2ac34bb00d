import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { play, type RawFrame, type Stage } from '../../support/fake-hub.ts'

const answer = (at: number) => ({ epoch: 'e1', at, id: `session1.${at}` })
const overRate = (retryAfter = 200) => ({ retryAfter, detail: { limit: 'rate' } })
const refs = (frames: readonly RawFrame[]): unknown[] => frames.map(([, ref]) => ref)
const data = (frames: readonly RawFrame[]): unknown[] => frames.map(([, , , , value]) => value)

/** The hub refuses the first `times` frames of a type for its limit, and answers later ones. */
function refuse(stage: Stage, type: string, times: number, extra: object = overRate()): void {
  let left = times
  stage.hub.script[type] = (connection, [, ref]) => {
    if (left-- > 0) connection.write(['err', ref, 'rate_limited', 'over the rate', extra])
    else connection.write(['ok', ref, answer(Number(ref))])
  }
}

describe('a first attempt that the hub refuses for a limit (P-PB-11)', () => {
  test('is written again after `retryAfter`, with a new ref', () =>
    play(async (stage) => {
      refuse(stage, 'send', 1, overRate(2_000))
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.advance(1_900)
      expect([outcome.state, stage.hub.at().of('send').length]).toEqual(['pending', 1])
      await stage.advance(200)
      expect(outcome.state).toBe('resolved')
      expect(refs(stage.hub.at().of('send'))).toEqual([1, 2])
    }))

  test('keeps the order of the calls, also with sends that came later', () =>
    play(async (stage) => {
      refuse(stage, 'send', 5)
      const client = await stage.connected()
      const outcomes = [1, 2, 3, 4, 5].map((i) => stage.watch(client.to('#a').send('say', i)))
      await stage.advance(50)
      for (const i of [6, 7]) outcomes.push(stage.watch(client.to('#a').send('say', i)))
      await stage.advance(5_000)
      expect(outcomes.map(({ state }) => state)).toEqual(new Array(7).fill('resolved'))
      expect(data(stage.hub.at().of('send')).slice(5)).toEqual([1, 2, 3, 4, 5, 6, 7])
    }))

  test('is rejected when a later send to the same address was stored: its order cannot be kept', () =>
    play(async (stage) => {
      stage.hub.script['send'] = (connection, [, ref]) => {
        if (ref === 1) connection.write(['err', ref, 'rate_limited', 'over the rate', overRate()])
        else connection.write(['ok', ref, answer(Number(ref))])
      }
      const client = await stage.connected()
      const [first, second, other] = [
        stage.watch(client.to('#a').send('say', 1)),
        stage.watch(client.to('#a').send('say', 2)),
        stage.watch(client.to('#b').send('say', 3)),
      ]
      await stage.advance(5_000)
      expect(first.error).toMatchObject({ code: 'rate_limited', retryAfter: 200 })
      expect([second.state, other.state]).toEqual(['resolved', 'resolved'])
      expect(data(stage.hub.at().of('send'))).toEqual([1, 2, 3])
    }))

  test('may be a call or a read, and is bounded by its timeout', () =>
    play(async (stage) => {
      refuse(stage, 'call', 2)
      refuse(stage, 'read', Number.POSITIVE_INFINITY)
      const client = await stage.connected()
      const call = stage.watch(client.call('x', 1))
      const page = stage.watch(client.history('#a'))
      await stage.advance(10_000)
      expect([call.state, page.state]).toEqual(['resolved', 'pending'])
      await stage.advance(20_000)
      expect(['timeout', 'rate_limited']).toContain(page.error?.code)
    }))

  test('is rejected when `retryAfter` is longer than its time', () =>
    play(async (stage) => {
      refuse(stage, 'send', 1, overRate(61_000))
      refuse(stage, 'call', 1, overRate(2_000))
      const client = await stage.connected()
      const send = stage.watch(client.to('#a').send('say', 1))
      const call = stage.watch(client.call('x', 1, { timeout: 1_000 }))
      await stage.settle()
      for (const { error } of [send, call]) expect(error?.code).toBe('rate_limited')
    }))

  test('waits longer after each refusal, and writes nothing else meanwhile', () =>
    play(async (stage) => {
      const times: number[] = []
      stage.hub.script['send'] = (connection, [, ref]) => {
        if (times.at(-1) !== stage.time.now) times.push(stage.time.now)
        connection.write(['err', ref, 'rate_limited', 'over the rate', overRate(10)])
      }
      const client = await stage.connected({ runtime: { ...stage.runtime, random: () => 0.999 } })
      stage.watch(client.to('#a').send('say', 1))
      await stage.advance(1_000)
      stage.watch(client.to('#b').send('say', 2))
      await stage.advance(55_000)
      const waits = times.map((time, i) => time - (times[i - 1] ?? 0)).slice(1)
      expect(waits.length).toBeLessThan(10)
      expect(waits[0]).toBeGreaterThan(500)
      expect(waits[1]).toBeGreaterThan(1_000)
    }))

  test('goes out on the next connection when the present connection is lost', () =>
    play(async (stage) => {
      refuse(stage, 'send', 1, overRate(50_000))
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(outcome.state).toBe('resolved')
      expect(refs(stage.hub.at().of('send'))).toEqual([2])
    }))

  test('has not happened: aborted while it waits, it rejects with the reason and is not written again', () =>
    play(async (stage) => {
      refuse(stage, 'send', 1)
      const client = await stage.connected()
      const aborter = new AbortController()
      const outcome = stage.watch(client.to('#a').send('say', 1, { signal: aborter.signal }))
      await stage.settle()
      aborter.abort(new Error('enough'))
      await stage.advance(5_000)
      expect(outcome.error?.message).toBe('enough')
      expect(stage.hub.at().of('send')).toHaveLength(1)
    }))
})

describe('a refusal that is final', () => {
  test('is that of an application, which names no limit', () =>
    play(async (stage) => {
      refuse(stage, 'call', 1, { retryAfter: 10 })
      refuse(stage, 'send', 1, { retryAfter: 10, detail: { slowMode: true } })
      const client = await stage.connected()
      const outcomes = [stage.watch(client.call('x', 1)), stage.watch(client.to('#a').send('say', 1))]
      await stage.advance(5_000)
      for (const { error } of outcomes) expect(error).toMatchObject({ code: 'rate_limited', retryAfter: 10 })
    }))

  test('is that of a repetition: the first attempt may have been stored (P-PB-3)', () =>
    play(async (stage) => {
      stage.hub.script['send'] = () => {}
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.settle()
      refuse(stage, 'send', 1)
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(outcome.error?.code).toBe('uncertain')
    }))
})

describe('a room that the hub cannot accept for now (P-PB-11)', () => {
  test('stays wanted after a refused join', () =>
    play(async (stage) => {
      let refusals = 2
      stage.hub.script['join'] = (connection, [, ref]) => {
        if (refusals-- > 0) connection.write(['err', ref, 'busy', 'too many'])
        else connection.write(['ok', ref, { epoch: 'e1', at: 0, id: null, top: 0, mode: 'live' }])
      }
      const client = await stage.connected()
      const room = client.join('#a')
      const ready = stage.watch(room.ready)
      await stage.settle()
      expect(ready.state).toBe('pending')
      await stage.advance(5_000)
      expect(ready.state).toBe('resolved')
    }))

  test('stays wanted after a refusal in the welcome', () =>
    play(async (stage) => {
      const client = stage.client()
      stage.hub.streams.set('#a', { mode: 'refused', code: 'rate_limited' })
      const ready = stage.watch(client.join('#a').ready)
      await stage.settle()
      expect([client.status, ready.state]).toEqual(['connected', 'pending'])
      stage.hub.streams.delete('#a')
      await stage.advance(5_000)
      expect(ready.state).toBe('resolved')
    }))
})

describe('several clients of one user', () => {
  test.each([1, 2, 3])('share its rate: all is stored, in the order of each client (seed %i)', (seed) =>
    world({ seed, latency: [1, 100] }, async (w) => {
      const hub = w.hub({ authenticate: () => ({ id: 'alice' }), authorize: () => true })
      const tabs = await Promise.all(['a', 'b', 'c'].map((token) => w.client(hub, token)))
      const sends = tabs.flatMap((tab, i) =>
        Array.from({ length: 60 }, (_, n) => tab.to(`#room${i}`).send('say', `${i}:${n}`)),
      )
      await Promise.all(sends)
      for (const i of [0, 1, 2]) {
        const { messages } = await hub.to(`#room${i}`).history({ limit: 100 })
        expect(messages.map(({ data }) => data)).toEqual(Array.from({ length: 60 }, (_, n) => `${i}:${n}`))
      }
    }),
  )
})
