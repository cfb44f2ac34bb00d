import { CloseCode, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { stage } from '../support/stage.ts'

describe('closing by the application', () => {
  test('§10: a session that is closed without a code does not come back: 4513', async () => {
    const s = stage()
    const alice = await s.client('alice')
    s.hub.sessions[0]?.close()
    await s.settle()
    expect(alice.code).toBe(4513)
  })

  test('§10: the application may name a code and a reason', async () => {
    const s = stage()
    const alice = await s.client('alice')
    s.hub.sessions[0]?.close(CloseCode.forbidden, 'the room is gone')
    await s.settle()
    expect(alice.ended).toEqual({ code: 4503, reason: 'the room is gone' })
  })

  test('§10: a reason is cut to 123 bytes between two characters', async () => {
    const s = stage()
    const alice = await s.client('alice')
    s.hub.sessions[0]?.close(4513, 'ä'.repeat(100))
    await s.settle()
    expect(alice.ended?.reason).toBe('ä'.repeat(61))
  })

  test('§10: frames that were written before arrive before the close', async () => {
    const s = stage()
    const alice = await s.client('alice')
    s.hub.to('@alice').cast('farewell', 'you are banned')
    s.hub.sessions[0]?.close()
    await s.settle()
    expect(alice.frames('cast')).toHaveLength(1)
    expect(alice.code).toBe(4513)
  })

  test('§10: a session that is closed in $connect leaves nothing behind', async () => {
    const s = stage()
    const told: string[] = []
    s.hub.on('$connect', ({ session }) => session.close(4503, 'banned'))
    s.hub.on('$join', ({ address }) => told.push(`join ${address}`))
    s.hub.on('$disconnect', ({ code }) => told.push(`disconnect ${code}`))
    const alice = await s.open()
    await alice.say(
      ['hello', { v: [1, 1], token: 'alice', streams: { '#a': null } }],
      ['send', 1, '#a', 'say', 1],
    )
    expect(alice.ended).toEqual({ code: 4503, reason: 'banned' })
    expect(alice.frames().map(([type]) => type)).toEqual(['welcome'])
    expect([s.hub.sessions, s.hub.rooms.size, s.store.usage.tails]).toEqual([[], 0, 0])
    expect(told).toEqual(['disconnect 4503'])
  })

  test('§10: each code of the table has its number', () => {
    expect(CloseCode).toEqual({
      normal: 1000,
      goingAway: 4001,
      internal: 4004,
      slow: 4008,
      backplaneLost: 4009,
      expired: 4010,
      noPong: 4012,
      rateLimited: 4013,
      helloTimeout: 4408,
      unauthorized: 4501,
      protocol: 4502,
      forbidden: 4503,
      version: 4506,
      replaced: 4509,
      kicked: 4513,
      tooLarge: 4514,
    })
  })
})

describe('a session that is closed in a wrong way', () => {
  test.each([
    [['too bad', 4503], 'the code must be 1000 or a whole number from 3000 to 4999, but is "too bad"'],
    [[1006], 'but is 1006'],
    [[1001], 'but is 1001'],
    [[99_999], 'but is 99999'],
    [[Number.NaN], 'but is NaN'],
    [[null], 'but is null'],
    [[4503, 5], "the option 'reason' must be a string, but is 5"],
    [[4503, null], "the option 'reason' must be a string, but is null"],
    [[4503, new Error('banned')], "the option 'reason' must be a string, but is an instance of Error"],
  ])('%j is told, and the session goes on', async (args, told) => {
    const s = stage()
    const alice = await s.client('alice')
    const close = s.hub.sessions[0]?.close.bind(s.hub.sessions[0]) as (...args: unknown[]) => void
    expect(() => close(...args)).toThrow(UsageError)
    expect(() => close(...args)).toThrow(`unable to close the session: ${told.startsWith('but') ? '' : told}`)
    expect(() => close(...args)).toThrow(told)
    await s.settle()
    expect(alice.ended).toBeNull()
  })
})
