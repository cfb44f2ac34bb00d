import { describe, expect, test } from 'vitest'
import { live, play } from '../support/fake-hub.ts'

describe('a welcome for another user (P-HS-8)', () => {
  test('after a reconnect rejects the queued operations as unauthorized, sends none of them, and is reported', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const left: unknown[] = []
      room.on('$leave', ({ error }) => left.push(error.code))
      const written = stage.watch(room.send('say', 'written'))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      const queued = stage.watch(room.send('say', 'queued'))
      stage.hub.welcome = { user: 'mallory', resumed: false }
      stage.hub.streams.set('#a', live(3))
      await stage.advance(2_000)
      expect(queued).toMatchObject({ state: 'rejected', error: { code: 'unauthorized' } })
      expect(written).toMatchObject({
        state: 'rejected',
        error: { code: 'uncertain', cause: { code: 'unauthorized' } },
      })
      expect(left).toEqual(['unauthorized'])
      expect(client.said.errors).toMatchObject([{ subject: 'user', error: { code: 'unauthorized' } }])
      expect(client.user).toBe('mallory')
      // The new user's session was taken into the old one's rooms by the hello.
      expect(stage.hub.at().frames.slice(1)).toEqual([['leave', expect.any(Number), '#a']])
    }))

  test('forgets the positions', () =>
    play(async (stage) => {
      stage.hub.streams.set('*', live(5)).set('@alice', live(6))
      const client = await stage.connected()
      stage.hub.at().cut()
      stage.hub.welcome = { user: 'mallory', resumed: false }
      stage.hub.streams.set('*', live(8)).set('@mallory', live(1))
      await stage.advance(2_000)
      expect(client.positions).toEqual({ '*': ['e1', 8, 'm8'], '@mallory': ['e1', 1, 'm1'] })
      expect(client.said.gaps).toEqual([])
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(Object.keys(stage.hub.at().hello['streams'] as object)).toEqual(['*', '@mallory'])
    }))

  test('leaves no connection or timer when a listener closes the client', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.on('$error', () => client.close())
      stage.hub.at().cut()
      stage.hub.welcome = { user: 'mallory', resumed: false }
      await stage.advance(2_000)
      expect(client.status).toBe('closed')
    }))
})
