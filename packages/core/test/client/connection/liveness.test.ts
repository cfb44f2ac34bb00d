import type { ConnectionHints, Runtime } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play, type Stage } from '../../support/fake-hub.ts'

/** A hub that says nothing of itself any more. */
function silence(stage: Stage): void {
  stage.hub.script['ping'] = () => {}
}

describe('a ping of the hub', () => {
  test('is answered at once (P-LV-1)', () =>
    play(async (stage) => {
      await stage.connected()
      stage.hub.at().write(['ping', 7], ['ping'])
      await stage.settle()
      expect(stage.hub.at().frames.slice(1)).toEqual([['pong', 7], ['pong']])
    }))
})

describe('silence (P-LV-1)', () => {
  test('of heartbeat and grace together drops the connection', () =>
    play(async (stage) => {
      const client = await stage.connected()
      await stage.advance(34_900)
      expect(client.status).toBe('connected')
      await stage.advance(2_100)
      expect(stage.hub.connections.length + (client.status === 'reconnecting' ? 1 : 0)).toBe(2)
      expect(client.said.status.at(1)).toMatchObject({
        status: 'reconnecting',
        error: { code: 'unavailable', message: expect.stringContaining('no data arrived in time') },
      })
    }))

  test('is as long as the welcome says', () =>
    play(async (stage) => {
      stage.hub.welcome = { heartbeat: 3_000, grace: 2_000 }
      await stage.connected()
      await stage.advance(4_900)
      expect(stage.hub.connections).toHaveLength(1)
      await stage.advance(4_000)
      expect(stage.hub.connections.length).toBeGreaterThan(1)
    }))

  test.each([
    ['a frame', msg('#unknown', 1)],
    ['a frame of an unknown type', ['news', 1]],
    ['a ping', ['ping']],
  ] as const)('ends with any byte: %s', (_, frame) =>
    play(async (stage) => {
      const client = await stage.connected()
      for (let i = 0; i < 4; i++) {
        await stage.advance(30_000)
        stage.hub.at().write([...frame])
      }
      expect(client.status).toBe('connected')
      expect(stage.hub.connections).toHaveLength(1)
    }),
  )
})

describe('a send without an answer (P-LV-1)', () => {
  test('is asked about after 5 s, and without an answer to that the connection is dropped after grace', () =>
    play(async (stage) => {
      silence(stage)
      const client = await stage.connected()
      stage.watch(client.to('#a').send('say', 1))
      await stage.advance(4_900)
      expect(stage.hub.at().of('ping')).toHaveLength(0)
      await stage.advance(1_200)
      expect(stage.hub.at().of('ping')).toHaveLength(1)
      await stage.advance(8_700)
      expect(stage.hub.connections).toHaveLength(1)
      await stage.advance(4_000)
      expect(stage.hub.connections).toHaveLength(2)
      expect(stage.hub.at().of('send')).toEqual([['send', 1, '#a', 'say', 1]])
      expect(client.said.status[1]?.error?.message).toContain('no answer to a ping')
    }))

  test('is not helped by other frames: only the answer to the ping proves that the hub hears this client', () =>
    play(async (stage) => {
      silence(stage)
      const client = await stage.connected()
      stage.watch(client.to('#a').send('say', 1))
      for (let i = 0; i < 18; i++) {
        await stage.advance(1_000)
        stage.hub.at().write(msg('#unknown', i + 1))
      }
      expect(stage.hub.connections).toHaveLength(2)
    }))

  test('waits on after the answer to its ping, and pings again later', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const outcome = stage.watch(client.to('#a').send('say', 1))
      await stage.advance(31_000)
      expect(client.status).toBe('connected')
      expect(stage.hub.at().of('ping').length).toBeGreaterThan(3)
      expect(stage.hub.at().of('ping').length).toBeLessThan(8)
      expect(outcome.state).toBe('pending')
    }))

  test('counts from its last write: a repetition has its own 5 s', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.watch(client.to('#a').send('say', 1))
      await stage.advance(4_000)
      stage.hub.at().cut()
      await stage.advance(4_000)
      expect(client.status).toBe('connected')
      expect(stage.hub.at().of('ping')).toHaveLength(0)
    }))

  test('a call without an answer is no reason to ask', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.watch(client.call('slow', 1))
      await stage.advance(20_000)
      expect(stage.hub.at().of('ping')).toHaveLength(0)
    }))
})

/** A clock whose timers can be held back, as those of a throttled tab or a sleeping machine are. */
function throttled(clock: Runtime) {
  let slept = 0
  return {
    runtime: { ...clock, now: () => clock.now() + slept },
    sleep: (ms: number) => {
      slept += ms
    },
  }
}

describe('a timer that fires more than two seconds late (U-24)', () => {
  test('asks first, and an answer keeps the connection', () =>
    play(async (stage) => {
      const { runtime, sleep } = throttled(stage.runtime)
      const client = await stage.connected({ runtime })
      sleep(60_000)
      await stage.advance(1_100)
      expect(stage.hub.at().of('ping')).toHaveLength(1)
      await stage.advance(20_000)
      expect(client.status).toBe('connected')
      expect(stage.hub.connections).toHaveLength(1)
    }))

  test('without an answer within grace it reconnects, once', () =>
    play(async (stage) => {
      silence(stage)
      const { runtime, sleep } = throttled(stage.runtime)
      await stage.connected({ runtime })
      sleep(3 * 3_600_000)
      await stage.advance(9_900)
      expect(stage.hub.connections).toHaveLength(1)
      await stage.advance(5_000)
      expect(stage.hub.connections).toHaveLength(2)
      await stage.advance(30_000)
      expect(stage.hub.connections).toHaveLength(2)
    }))

  test('an older ping does not count then: the client pings again and waits', () =>
    play(async (stage) => {
      silence(stage)
      const { runtime, sleep } = throttled(stage.runtime)
      const client = await stage.connected({ runtime })
      stage.watch(client.to('#a').send('say', 1))
      await stage.advance(6_100)
      expect(stage.hub.at().of('ping')).toHaveLength(1)
      sleep(60_000)
      await stage.advance(1_100)
      expect(stage.hub.at().of('ping')).toHaveLength(2)
      expect(stage.hub.connections).toHaveLength(1)
      stage.hub.at().write(['pong'], ['ok', 1])
      await stage.advance(20_000)
      expect(client.status).toBe('connected')
      expect(stage.hub.connections).toHaveLength(1)
    }))

  test('a connection whose end is noticed meanwhile is replaced once, without a further wait', () =>
    play(async (stage) => {
      const { runtime, sleep } = throttled(stage.runtime)
      await stage.connected({ runtime })
      sleep(60_000)
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(stage.hub.connections).toHaveLength(2)
      await stage.advance(30_000)
      expect(stage.hub.connections).toHaveLength(2)
    }))
})

describe('the environment', () => {
  test('can ask whether the connection is alive, and cut a wait short', () =>
    play(async (stage) => {
      let hints: ConnectionHints | null = null
      let watching = 0
      const client = await stage.connected({
        environment: (told) => {
          hints = told
          watching++
          return () => watching--
        },
      })
      const told = hints as unknown as ConnectionHints
      told.check()
      told.check()
      await stage.settle()
      expect(stage.hub.at().of('ping')).toHaveLength(1)
      stage.reachable = false
      stage.hub.at().cut()
      await stage.advance(60_000)
      stage.reachable = true
      told.wake()
      told.wake()
      await stage.settle()
      expect(client.status).toBe('connected')
      expect(stage.hub.connections).toHaveLength(2)
      told.wake()
      await stage.settle()
      expect(stage.hub.connections).toHaveLength(2)
      client.close()
      expect(watching).toBe(0)
      told.wake()
      told.check()
    }))

  test('lose the connection when the check stays unanswered for the grace', () =>
    play(async (stage) => {
      silence(stage)
      let check = (): void => {}
      await stage.connected({
        environment: (client) => {
          check = () => client.check()
          return () => {}
        },
      })
      check()
      await stage.advance(13_000)
      expect(stage.hub.connections).toHaveLength(2)
    }))
})
