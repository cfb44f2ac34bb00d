import { ChatError, type Position } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play, replay } from '../support/fake-hub.ts'

const refused = (code: string): Record<string, unknown> => ({ mode: 'refused', code })

describe('resuming', () => {
  test('counts the attempts with a secret in n, from 1 (P-HS-4)', () =>
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

  test('writes a frame at once after a resumed welcome, a pong if no operation waits (P-HS-4)', () =>
    play(async (stage) => {
      await stage.connected()
      expect(stage.hub.at().types).toEqual(['hello'])
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(stage.hub.at().transmissions).toHaveLength(2)
      expect(stage.hub.at().types).toEqual(['hello', 'pong'])
    }))

  test('gives the position of every stream, `*` and the own inbox included (P-HS-7)', () =>
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

  test('joins after the welcome a room that was joined during the handshake', () =>
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

  test('that no room has used yet are still in `positions`', () =>
    play(async (stage) => {
      const positions: Record<string, Position> = { '@alice': ['e1', 7, 'm7'], '#later': ['e1', 8, 'm8'] }
      expect(stage.client({ positions }).positions).toEqual(positions)
    }))

  test('of another user’s inbox are forgotten at the welcome', () =>
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

test('a subscription that the hub refuses for now is repeated', () =>
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

test('a repeated join of a lost connection is not repeated on the next connection, whose hello includes it', () =>
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

test('a refusal of `*` is reported', () =>
  play(async (stage) => {
    stage.hub.welcome = { streams: { '*': refused('forbidden'), '@alice': live() } }
    const client = await stage.connected()
    expect(client.said.errors).toMatchObject([{ subject: '*', error: { code: 'forbidden' } }])
    expect(client.said.errors[0]?.error).toBeInstanceOf(ChatError)
  }))
