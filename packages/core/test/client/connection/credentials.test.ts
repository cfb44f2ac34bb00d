import { readMessages } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'

describe('credentials that end', () => {
  test('4010 with a fixed token stops (P-HS-3)', () =>
    play(async (stage) => {
      const client = await stage.connected({ token: 'alice' })
      stage.hub.at().close(4010, 'expired')
      await stage.advance(60_000)
      expect(client.said.status.at(-1)).toMatchObject({ status: 'closed', error: { code: 'unauthorized' } })
      expect(stage.hub.connections).toHaveLength(1)
    }))

  test('4010 with a function fetches a fresh token and comes back (P-HS-3)', () =>
    play(async (stage) => {
      let fetched = 0
      const client = await stage.connected({ token: () => `token ${++fetched}` })
      stage.hub.at().close(4010, 'expired')
      await stage.advance(2_000)
      expect(client.status).toBe('connected')
      expect(stage.hub.connections.map(({ hello }) => hello['token'])).toEqual(['token 1', 'token 2'])
    }))

  test.each([4010, 4501])('%i for a fresh token stops (P-HS-3)', (code) =>
    play(async (stage) => {
      stage.hub.script['hello'] = (connection) => connection.close(code)
      const client = stage.client({ token: async () => 'fresh' })
      await stage.advance(60_000)
      expect(client.said.status).toMatchObject([{ status: 'closed', error: { code: 'unauthorized' } }])
      expect(stage.hub.connections).toHaveLength(1)
    }),
  )

  test('4010 that comes again for the fresh token of the second try stops (P-HS-3)', () =>
    play(async (stage) => {
      const client = await stage.connected({ token: () => 'the same all over' })
      stage.hub.script['hello'] = (connection) => connection.close(4010)
      stage.hub.at().close(4010)
      await stage.advance(60_000)
      expect(client.status).toBe('closed')
      expect(stage.hub.connections).toHaveLength(2)
    }))

  test('4501 closes the client, and rejects the waiting operations with its error', () =>
    play(async (stage) => {
      const client = await stage.connected({ token: () => 'alice' })
      const [written, room] = [stage.watch(client.call('x', 1)), client.join('#a')]
      await stage.settle()
      const reading = stage.watch(client.history('#a'))
      stage.hub.at().close(4501, 'no')
      await stage.advance(1)
      expect(client.said.status.at(-1)).toMatchObject({ status: 'closed', error: { code: 'unauthorized' } })
      expect(written.error).toMatchObject({ code: 'uncertain', cause: { code: 'unauthorized' } })
      expect(reading.error).toMatchObject({ code: 'unauthorized' })
      await expect(readMessages(room).next()).rejects.toMatchObject({ code: 'unauthorized' })
    }))

  test('a token that cannot be had is told, and tried again', () =>
    play(async (stage) => {
      let fetched = 0
      const client = stage.client({
        token: async () => {
          if (++fetched < 3) throw new Error('offline')
          return 'alice'
        },
      })
      await stage.advance(10_000)
      expect(client.status).toBe('connected')
      expect(client.said.errors.filter(({ subject }) => subject === 'token')).toHaveLength(2)
      expect(client.said.status.map(({ status }) => status)).toEqual(['reconnecting', 'connected'])
    }))

  test('are refreshed in band before that, again and again', () =>
    play(async (stage) => {
      let fetched = 0
      stage.hub.welcome = { expires: 10_000 }
      stage.hub.script['auth'] = (connection, [, ref]) => connection.write(['ok', ref, { expires: 20_000 }])
      await stage.connected({ token: async () => `token ${++fetched}` })
      await stage.advance(30_000)
      expect(stage.hub.at().of('auth')).toEqual([
        ['auth', 1, 'token 2'],
        ['auth', 2, 'token 3'],
      ])
    }))

  test('a refused refresh is reported and has no other effect (P-HS-9)', () =>
    play(async (stage) => {
      stage.hub.welcome = { expires: 10_000 }
      stage.hub.script['auth'] = (connection, [, ref]) => connection.write(['err', ref, 'unauthorized', 'no'])
      const client = await stage.connected({ token: () => 'alice' })
      await stage.advance(30_000)
      expect(client.said.errors).toMatchObject([{ subject: 'token', error: { code: 'unauthorized' } }])
      expect(client.status).toBe('connected')
    }))

  test('a token that arrives after the end of its connection is not used for a refresh', () =>
    play(async (stage) => {
      let give = (_: string): void => {}
      let fetched = 0
      stage.hub.welcome = { expires: 10_000 }
      const client = await stage.connected({
        token: () =>
          ++fetched === 2 ? new Promise<string>((resolve) => (give = resolve)) : `token ${fetched}`,
      })
      await stage.advance(8_500)
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(client.status).toBe('connected')
      give('late')
      await stage.settle()
      expect(stage.hub.at().of('auth')).toEqual([])
    }))

  test('a refresh that the end of the client cuts short is no error', () =>
    play(async (stage) => {
      stage.hub.welcome = { expires: 10_000 }
      const client = await stage.connected({ token: () => 'alice' })
      await stage.advance(8_500)
      expect(stage.hub.at().of('auth')).toHaveLength(1)
      client.close()
      await stage.settle()
      expect(client.said.errors).toEqual([])
    }))

  test('a refresh that its connection does not outlive is neither told nor repeated', () =>
    play(async (stage) => {
      stage.hub.welcome = { expires: 10_000 }
      const client = await stage.connected({ token: () => 'alice' })
      await stage.advance(8_500)
      expect(stage.hub.at().of('auth')).toHaveLength(1)
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(client.said.errors).toEqual([])
      expect(stage.hub.at().of('auth')).toHaveLength(0)
    }))
})

test('4509 on an older connection is ignored (P-HS-5)', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 1_000 }])
    await stage.advance(1_000)
    const [old] = stage.hub.connections
    stage.hub.script['hello'] = (connection, frame) => {
      old?.close(4509, 'replaced')
      connection.write(stage.hub.welcomeFor(frame))
    }
    await stage.advance(2_000)
    expect(client.status).toBe('connected')
    expect(stage.hub.connections).toHaveLength(2)
  }))

test('4509 on the current connection is final, because another client has taken the session over (P-HS-5)', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().close(4509, 'replaced')
    await stage.advance(60_000)
    expect(client.said.status.at(-1)).toMatchObject({ status: 'closed', error: { code: 'conflict' } })
    expect(stage.hub.connections).toHaveLength(1)
  }))
