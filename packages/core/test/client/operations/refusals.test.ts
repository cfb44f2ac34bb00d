import { type RoomAddress, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { limits, play } from '../../support/fake-hub.ts'

describe('an operation that is too large (P-LV-3)', () => {
  const over = 'x'.repeat(65_536)
  const half = '漢'.repeat(22_000)

  test.each([over, half])('is refused at once, as a send, a call and a cast', (data) =>
    play(async (stage) => {
      const client = await stage.connected()
      for (const done of [client.to('#a').send('say', data), client.call('x', data)])
        await expect(done).rejects.toMatchObject({ code: 'too_large' })
      expect(() => client.to('#a').cast('say', data)).toThrow(expect.objectContaining({ code: 'too_large' }))
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello'])
    }),
  )

  test('is refused as a cast that is too large together with its key', () =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => client.to('#a').cast('say', 'x'.repeat(60_000), { key: 'k'.repeat(10_000) })).toThrow(
        expect.objectContaining({ code: 'too_large' }),
      )
    }))

  test('is refused when the hub names a smaller limit after the call', () =>
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

describe('the queue', () => {
  test('is bounded: a further operation is rejected as `full`', () =>
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
  test('rejects waiting operations as `closed`, and written operations as uncertain', () =>
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

  test('is final: later operations are rejected, and casts are dropped', () =>
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

describe('wrong use', () => {
  test.each(['', '$gap', 'a\nb', 'x'.repeat(129)])(
    'the event %j is rejected and not thrown (P-PB-10)',
    (event) =>
      play(async (stage) => {
        const client = await stage.connected()
        await expect(client.to('#a').send(event, 1)).rejects.toBeInstanceOf(UsageError)
        await expect(client.call(event, 1)).rejects.toBeInstanceOf(UsageError)
        expect(() => client.to('#a').cast(event, 1)).toThrow(UsageError)
      }),
  )

  test.each(['', 'lobby', '#', '#\u0000', '@', `#${'x'.repeat(256)}`])(
    'the address %j is refused (P-AD-1)',
    (address) =>
      play(async (stage) => {
        const client = await stage.connected()
        expect(() => client.to(address)).toThrow(UsageError)
        expect(() => client.join(address as RoomAddress)).toThrow(UsageError)
        await expect(client.history(address)).rejects.toBeInstanceOf(UsageError)
      }),
  )

  test('a room to join is a room; a session takes no sends (P-AD-2)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      for (const address of ['*', '@bob', '~s1'])
        expect(() => client.join(address as RoomAddress)).toThrow(UsageError)
      await expect(client.to('~s1').send('say', 1)).rejects.toBeInstanceOf(UsageError)
      client.to('~s1').cast('say', 1)
      await stage.settle()
      expect(stage.hub.at().of('cast')).toEqual([['cast', '~s1', 'say', 1]])
    }))
})
