import { ChatError, type Position } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play, replay } from '../support/fake-hub.ts'

const utf8 = (text: string): number => Buffer.byteLength(text)

describe('the hello of a first connection', () => {
  test('offers the version, the token and `*`, and no session (P-HS-1, P-HS-7)', () =>
    play(async (stage) => {
      await stage.connected({ token: 'alice' })
      expect(stage.hub.at().frames[0]).toEqual([
        'hello',
        { v: [1, 1], token: 'alice', streams: { '*': null } },
      ])
    }))

  test('leaves the token out when there is none', () =>
    play(async (stage) => {
      await stage.connected()
      expect(stage.hub.at().hello).not.toHaveProperty('token')
    }))

  test('asks for the rooms that were joined before it was connected, and joins none of them twice', () =>
    play(async (stage) => {
      const client = stage.client()
      const rooms = [client.join('#a'), client.join('#b')]
      await stage.settle()
      await Promise.all(rooms.map(({ ready }) => ready))
      expect(stage.hub.at().hello['streams']).toEqual({ '*': null, '#a': null, '#b': null })
      expect(stage.hub.at().types).toEqual(['hello'])
    }))

  test('nothing but hello is written until the welcome, whatever is done meanwhile (P-HS-1, P-HS-2)', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = () => {}
      const client = stage.client()
      const room = client.join('#a')
      await stage.settle()
      const late = client.join('#late')
      const outcomes = [room.send('say', 1), client.call('rename', 1), client.history('#a')].map((done) =>
        stage.watch(done),
      )
      room.cast('typing', true)
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello'])
      stage.hub.at().write(stage.hub.welcomeFor(['hello', { streams: { '*': null, '#a': null } }]))
      await stage.settle()
      await late.ready
      expect(stage.hub.at().types).toEqual(['hello', 'read', 'join', 'send', 'call'])
      expect(outcomes.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
    }))

  test('a room that was left while the welcome was on its way is left at the hub too', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = () => {}
      const client = stage.client()
      const room = client.join('#a')
      await stage.settle()
      room.leave()
      stage.hub.at().write(stage.hub.welcomeFor(['hello', { streams: { '#a': null } }]))
      await stage.settle()
      expect(stage.hub.at().of('leave')).toEqual([['leave', 1, '#a']])
    }))

  test('a room that was left and joined again meanwhile begins anew, in this order', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = () => {}
      const client = stage.client()
      client.join('#a').leave()
      client.join('#a').leave()
      const first = client.join('#a')
      await stage.settle()
      first.leave()
      const second = client.join('#a')
      stage.hub.at().write(stage.hub.welcomeFor(['hello', { streams: { '#a': null } }]))
      await stage.settle()
      await second.ready
      expect(stage.hub.at().frames.slice(1)).toEqual([
        ['leave', 1, '#a'],
        ['join', 2, '#a'],
      ])
    }))

  test('a first frame that is no welcome breaks the connection (P-HS-1)', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = (connection) => connection.write(['pong', 1], ['ok', 1])
      const client = stage.client()
      await stage.settle()
      expect(client.status).toBe('reconnecting')
      expect(client.said.errors[0]?.subject).toBe('protocol')
    }))

  test('a second welcome breaks the connection', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().write(stage.hub.welcomeFor(['hello', { streams: {} }]))
      await stage.advance(1)
      expect(client.status).toBe('reconnecting')
    }))
})

describe('the 16 KiB of a hello (P-HS-2)', () => {
  const names = Array.from({ length: 120 }, (_, i) => `#${'ü'.repeat(110)}${i}`)

  test.each([
    ['no token', null],
    ['a long token', 'x'.repeat(9_000)],
    ['a token of wide characters', '漢'.repeat(4_000)],
  ])('are never exceeded, with %s; what does not fit is joined with its place', (_, token) =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = stage.client({ token, positions: Object.fromEntries(names.map(at7)) })
      for (const name of names) client.join(name)
      await stage.settle()
      const { transmissions, hello, frames } = stage.hub.at()
      expect(utf8(transmissions[0] ?? '')).toBeLessThanOrEqual(16_384)
      expect(utf8(transmissions[0] ?? '')).toBeGreaterThan(15_500)
      const asked = Object.keys(hello['streams'] as object)
      expect(asked.length).toBeGreaterThan(5)
      const rest = names.slice(asked.length - 1)
      // Sixteen at a time (P-PB-6).
      expect(frames.slice(1)).toEqual(
        rest.slice(0, 16).map((name, i) => ['join', i + 1, name, { since: ['e1', 7, 'm7'] }]),
      )
    }),
  )

  test('`*` and the own inbox go first: they come without asking (P-HS-7)', () =>
    play(async (stage) => {
      const client = stage.client()
      for (const name of names) client.join(name)
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(Object.keys(stage.hub.at().hello['streams'] as object).slice(0, 3)).toEqual([
        '*',
        '@alice',
        names[0],
      ])
    }))

  test('a room that did not fit is delivered only from the place that was given (P-HS-7)', () =>
    play(async (stage) => {
      const client = stage.client()
      const seen: unknown[] = []
      for (const name of names) client.join(name).on('say', (data) => seen.push(data))
      await stage.settle()
      stage.hub.script['join'] = () => {}
      stage.hub.at().cut()
      await stage.advance(2_000)
      const [, ref, room] = stage.hub.at().of('join')[0] ?? []
      stage.hub.at().write(msg(room as string, 2))
      stage.hub
        .at()
        .write(['ok', ref, replay(['e1', 0, null], 2)], msg(room as string, 1), msg(room as string, 2))
      await stage.settle()
      expect(seen).toEqual([1, 2])
    }))

  const at7 = (name: string): [string, Position] => [name, ['e1', 7, 'm7']]
})

describe('resuming', () => {
  test('n counts the attempts with one secret, from 1 (P-HS-4)', () =>
    play(async (stage) => {
      await stage.connected()
      const attempts = (): unknown[] => stage.hub.connections.map(({ hello }) => hello['session'])
      stage.hub.script['hello'] = () => {}
      stage.hub.at().cut()
      for (let i = 0; i < 3; i++) {
        await stage.advance(12_000)
        stage.hub.at().cut()
      }
      expect(attempts().slice(0, 4)).toEqual([
        undefined,
        { id: 'session1', secret: 'secret1', n: 1 },
        { id: 'session1', secret: 'secret1', n: 2 },
        { id: 'session1', secret: 'secret1', n: 3 },
      ])
      stage.hub.script['hello'] = (connection, frame) => connection.write(stage.hub.welcomeFor(frame))
      await stage.advance(20_000)
      const { secret } = { secret: `secret${stage.hub.connections.length}` }
      stage.hub.at().cut()
      await stage.advance(20_000)
      expect(attempts().at(-1)).toEqual({ id: 'session1', secret, n: 1 })
    }))

  test('an attempt that never reached the hub is not counted', () =>
    play(async (stage) => {
      await stage.connected()
      stage.reachable = false
      stage.hub.at().cut()
      await stage.advance(30_000)
      stage.reachable = true
      await stage.advance(20_000)
      expect(stage.hub.at().hello['session']).toMatchObject({ n: 1 })
    }))

  test('a frame goes out at once behind a resumed welcome, a pong if nothing else (P-HS-4)', () =>
    play(async (stage) => {
      await stage.connected()
      expect(stage.hub.at().types).toEqual(['hello'])
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(stage.hub.at().transmissions).toHaveLength(2)
      expect(stage.hub.at().types).toEqual(['hello', 'pong'])
    }))

  test('gives the place of every stream, `*` and the own inbox included (P-HS-7)', () =>
    play(async (stage) => {
      stage.hub.streams.set('*', live(3)).set('@alice', live(4)).set('#a', live(5))
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      stage.hub.at().write(msg('#a', 6), msg('*', 4))
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(stage.hub.at().hello['streams']).toEqual({
        '*': ['e1', 4, 'm4'],
        '@alice': ['e1', 4, 'm4'],
        '#a': ['e1', 6, 'm6'],
      })
      expect(client.positions).toEqual({
        '*': ['e1', 3, 'm3'],
        '@alice': ['e1', 4, 'm4'],
        '#a': ['e1', 5, 'm5'],
      })
    }))

  test('what a room is joined for while the handshake is under way is asked for behind the welcome', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const { hello } = stage.hub.script
      stage.hub.script['hello'] = (connection, frame) => {
        client.join('#late')
        hello?.(connection, frame)
      }
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(stage.hub.at().types).toEqual(['hello', 'pong', 'join'])
    }))
})

describe('saved positions (P-HS-7)', () => {
  test('are given for `*`, a room and the own inbox, and gaps are told', () =>
    play(async (stage) => {
      const saved: Record<string, Position> = {
        '*': ['e1', 5, 'm5'],
        '#a': ['e0', 6, 'm6'],
        '@alice': ['e1', 7, 'm7'],
      }
      stage.hub.streams
        .set('*', replay(['e1', 5, 'm5']))
        .set('#a', { ...live(2), mode: 'gap', reason: 'epoch' })
      stage.hub.streams.set('@alice', live(9))
      stage.hub.script['join'] = (connection, [, ref]) =>
        connection.write(['ok', ref, replay(['e1', 7, 'm7'], 9)])
      const client = stage.client({ positions: saved })
      const [gaps, seen]: unknown[][] = [[], []]
      client.on('say', (data) => seen?.push(data))
      client.join('#a').on('$gap', (gap) => gaps?.push(gap))
      stage.hub.script['hello'] = (connection, frame) =>
        connection.write(stage.hub.welcomeFor(frame), msg('@alice', 10), msg('*', 6))
      await stage.settle()
      expect(stage.hub.at().hello['streams']).toEqual({ '*': saved['*'], '#a': saved['#a'] })
      expect(stage.hub.at().of('join')).toEqual([['join', 1, '@alice', { since: saved['@alice'] }]])
      stage.hub.at().write(msg('@alice', 8), msg('@alice', 9))
      await stage.settle()
      expect(seen).toEqual([6, 8, 9])
      expect(gaps).toEqual([{ address: '#a', reason: 'epoch', from: saved['#a'], to: ['e1', 2, 'm2'] }])
    }))

  test('that nothing has asked for yet are still given back', () =>
    play(async (stage) => {
      const positions: Record<string, Position> = { '@alice': ['e1', 7, 'm7'], '#later': ['e1', 8, 'm8'] }
      expect(stage.client({ positions }).positions).toEqual(positions)
    }))

  test('of somebody else’s inbox are forgotten once the hub has said who this is', () =>
    play(async (stage) => {
      const client = stage.client({ positions: { '@bob': ['e1', 7, 'm7'], '#later': ['e1', 8, 'm8'] } })
      await stage.settle()
      expect(Object.keys(client.positions).sort()).toEqual(['#later', '*', '@alice'])
    }))

  test('that are no positions at all are left out', () =>
    play(async (stage) => {
      const garbage = { '*': null, '#a': ['e1', 0, 'x'], '#b': ['e1'], nonsense: ['e1', 1, 'a'] }
      const client = stage.client({ positions: garbage as unknown as Record<string, Position> })
      client.join('#a')
      client.join('#b')
      await stage.settle()
      expect(stage.hub.at().hello['streams']).toEqual({ '*': null, '#a': null, '#b': null })
    }))
})

describe('a welcome for another user (P-HS-8)', () => {
  test('an account switch on reconnect: nothing of what was queued is sent, it is rejected as unauthorized, and the app is told', () =>
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

  test('positions are forgotten', () =>
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

  test('a client that is closed by a listener meanwhile leaves nothing behind', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.on('$error', () => client.close())
      stage.hub.at().cut()
      stage.hub.welcome = { user: 'mallory', resumed: false }
      await stage.advance(2_000)
      expect(client.status).toBe('closed')
    }))
})

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

  test('4501 stops, and rejects what waits with it', () =>
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
      await expect(room.messages().next()).resolves.toEqual({ done: true, value: undefined })
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

  test('a refused refresh is told and changes nothing (P-HS-9)', () =>
    play(async (stage) => {
      stage.hub.welcome = { expires: 10_000 }
      stage.hub.script['auth'] = (connection, [, ref]) => connection.write(['err', ref, 'unauthorized', 'no'])
      const client = await stage.connected({ token: () => 'alice' })
      await stage.advance(30_000)
      expect(client.said.errors).toMatchObject([{ subject: 'token', error: { code: 'unauthorized' } }])
      expect(client.status).toBe('connected')
    }))

  test('a refresh whose token comes later than its connection’s end is not made', () =>
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

test('4509 on a connection that is not the current one is ignored (P-HS-5)', () =>
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

test('4509 on the current connection is final: another one has taken over (P-HS-5)', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().close(4509, 'replaced')
    await stage.advance(60_000)
    expect(client.said.status.at(-1)).toMatchObject({ status: 'closed', error: { code: 'conflict' } })
    expect(stage.hub.connections).toHaveLength(1)
  }))

test('what was received goes on when the hub cannot give it at the moment', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const seen: unknown[] = []
    client.join('#a').on('say', (data) => seen.push(data))
    client.on('say', (data) => seen.push(data))
    await stage.settle()
    stage.hub.welcome = {
      streams: { '*': refused('unavailable'), '@alice': live(), '#a': refused('rate_limited') },
    }
    stage.hub.at().cut()
    await stage.advance(1_200)
    await stage.advance(1_000)
    expect(stage.hub.at().of('join')).toEqual([
      ['join', 2, '*', { since: ['e1', 0, null] }],
      ['join', 3, '#a', { since: ['e1', 0, null] }],
    ])
    stage.hub.at().write(msg('*', 1), msg('#a', 1))
    await stage.settle()
    expect(seen).toEqual([1, 1])
    expect(client.said.errors).toEqual([])
  }))

test('what is to be asked for again on one connection is not asked for on the next, whose hello has said it', () =>
  play(async (stage) => {
    await stage.connected()
    stage.hub.welcome = { streams: { '*': refused('unavailable'), '@alice': live() } }
    stage.hub.at().cut()
    await stage.advance(1_200)
    expect(stage.hub.connections).toHaveLength(2)
    stage.hub.welcome = {}
    stage.hub.at().write(['bye', 4001, 'moving', { retryAfter: 10 }])
    await stage.advance(3_000)
    expect(stage.hub.connections.map((connection) => connection.of('join'))).toEqual([[], [], []])
  }))

test('a refusal of `*` itself is told', () =>
  play(async (stage) => {
    stage.hub.welcome = { streams: { '*': refused('forbidden'), '@alice': live() } }
    const client = await stage.connected()
    expect(client.said.errors).toMatchObject([{ subject: '*', error: { code: 'forbidden' } }])
    expect(client.said.errors[0]?.error).toBeInstanceOf(ChatError)
  }))

const refused = (code: string): Record<string, unknown> => ({ mode: 'refused', code })
