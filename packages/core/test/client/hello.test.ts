import type { Position } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play, replay } from '../support/fake-hub.ts'

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

  test('leaves the token out for a client without a token', () =>
    play(async (stage) => {
      await stage.connected()
      expect(stage.hub.at().hello).not.toHaveProperty('token')
    }))

  test('asks for the rooms that were joined before the connection, and joins each room once', () =>
    play(async (stage) => {
      const client = stage.client()
      const rooms = [client.join('#a'), client.join('#b')]
      await stage.settle()
      await Promise.all(rooms.map(({ ready }) => ready))
      expect(stage.hub.at().hello['streams']).toEqual({ '*': null, '#a': null, '#b': null })
      expect(stage.hub.at().types).toEqual(['hello'])
    }))

  test('is the only frame until the welcome, also when the application uses the client meanwhile (P-HS-1, P-HS-2)', () =>
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
  const names = Array.from({ length: 120 }, (_, i) => `#${'ü'.repeat(110)}${i}` as const)

  test.each([
    ['no token', null],
    ['a long token', 'x'.repeat(9_000)],
    ['a token of wide characters', '漢'.repeat(4_000)],
  ])('are never exceeded, with %s; the remaining rooms are joined with their positions', (_, token) =>
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

  test('a room that did not fit is delivered only from the position that was given (P-HS-7)', () =>
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
