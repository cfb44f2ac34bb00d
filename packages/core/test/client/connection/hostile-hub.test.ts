import { ChatError } from '@chat/core'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { Pace } from '../../../src/client/operations/pace.ts'
import { limits, play, type Stage } from '../../support/fake-hub.ts'

const hour = 3_600_000

/** Number of connections within a time. */
async function dials(stage: Stage, time: number): Promise<number> {
  const before = stage.hub.connections.length
  await stage.advance(time)
  return stage.hub.connections.length - before
}

describe('P-LV-2: a hub that says when to come back', () => {
  test.each([undefined, null, 'soon', -1, '1', {}, Number.NaN])(
    'with %j in place of a time is left within 20 s, although it never closes',
    (retryAfter) =>
      play(async (stage) => {
        const client = await stage.connected()
        await stage.advance(15_000)
        stage.hub.at().write(['bye', 4001, 'come back', { retryAfter }])
        expect(await dials(stage, 21_000)).toBe(1)
        expect(client.status).toBe('connected')
      }),
  )

  test.each(['4503599627370496', '1e999'])('of %s milliseconds meets its client after an hour', (time) =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().write(`["bye",4013,"come back",{"retryAfter":${time}}]`)
      await stage.settle()
      stage.hub.at().close(4013)
      expect(await dials(stage, hour - 1_000)).toBe(0)
      expect(await dials(stage, 2_000)).toBe(1)
      expect(client.status).toBe('connected')
    }),
  )

  test('of years meets its client after an hour, although it lives and never closes', () =>
    play(async (stage) => {
      await stage.connected()
      stage.hub.at().write(['bye', 4001, 'come back', { retryAfter: 2 ** 52 }])
      for (let n = 0; n < 179; n++) {
        expect(await dials(stage, 20_000)).toBe(0)
        stage.hub.at().write(['ping', n])
      }
      expect(await dials(stage, 21_000)).toBe(1)
    }))
})

test('P-LV-2: a server that refuses a connection for years is dialled again after an hour', () =>
  play(async (stage) => {
    let tries = 0
    const dial = (): Promise<never> => {
      tries++
      return Promise.reject(new ChatError('unavailable', '503', { retryAfter: 2 ** 52 }))
    }
    stage.client({ dial })
    await stage.advance(hour - 1_000)
    expect(tries).toBe(1)
    await stage.advance(2_000)
    expect(tries).toBe(2)
  }))

test('P-PB-11: a hub that asks for a pause of years pauses the operations for an hour at most', async () => {
  const time = new VirtualTime()
  let ready = 0
  const pace = new Pace(time.runtime('client'), () => ready++)
  pace.start({ rate: 50, burst: 100 })
  pace.yield(new ChatError('rate_limited', 'later', { retryAfter: 2 ** 52 }))
  await time.advance(hour - 1)
  expect(ready).toBe(0)
  await time.advance(1)
  expect(ready).toBe(1)
})

describe('a hub that flaps', () => {
  test.each([1000, 1001, 1006, 1011, 4001, 4004, 4008, 4009, 4012, 4408, 4999])(
    'P-LV-2: and closes with %i after each welcome is dialled ever more slowly',
    (code) =>
      play(async (stage) => {
        const { hello } = stage.hub.script
        stage.hub.script['hello'] = (connection, frame) => {
          hello?.(connection, frame)
          connection.close(code, 'again')
        }
        stage.client()
        expect(await dials(stage, 60_000)).toBeLessThan(30)
        expect(await dials(stage, 60_000)).toBeLessThan(12)
      }),
  )

  test('P-HS-3: and says that each fresh token has expired at once gets one a second at most', () =>
    play(async (stage) => {
      let tokens = 0
      stage.hub.welcome = { expires: 0 }
      stage.hub.script['auth'] = (connection, [, ref]) => connection.write(['ok', ref, { expires: 0 }])
      await stage.connected({ token: () => `token ${++tokens}` })
      await stage.advance(10_000)
      expect(tokens).toBeGreaterThan(2)
      expect(tokens).toBeLessThan(14)
    }))
})

test('a rate without a whole operation at once keeps no page busy, and operations still go out', () =>
  play(async (stage) => {
    stage.hub.welcome = { limits: { ...limits, rate: 1e9, burst: 1e-9 } }
    stage.hub.storeSends()
    const { runtime } = stage
    let timers = 0
    const client = await stage.connected({
      runtime: {
        ...runtime,
        timer(...timer) {
          timers++
          return runtime.timer(...timer)
        },
      },
    })
    timers = 0
    const sent = stage.watch(client.to('#a').send('say', 1))
    await stage.advance(1_000)
    expect(sent.state).toBe('resolved')
    expect(timers).toBeLessThan(20)
  }))
