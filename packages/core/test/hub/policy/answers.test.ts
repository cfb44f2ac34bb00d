import { ChatError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { outcome, stage } from '../../support/stage.ts'

describe('a user whose fields cannot work is closed with 4004, and $error names the field', () => {
  test.each<[name: string, user: unknown, named: string]>([
    ['expiresIn is NaN', { id: 'alice', expiresIn: Number.NaN }, 'expiresIn is NaN'],
    ['expiresIn is a text', { id: 'alice', expiresIn: '60000' }, 'expiresIn is "60000"'],
    ['expiresIn is Infinity', { id: 'alice', expiresIn: Number.POSITIVE_INFINITY }, 'expiresIn is Infinity'],
    ['expiresIn is a date', { id: 'alice', expiresIn: new Date(0) }, 'expiresIn is an instance of Date'],
    ['expiresIn is null', { id: 'alice', expiresIn: null }, 'expiresIn is null'],
    ['the id is a number', { id: 7 }, 'id must be 1–255 bytes of text without control characters, but is 7'],
    ['the id is missing', { name: 'alice' }, 'but is undefined'],
    ['the id is empty', { id: '' }, 'but is ""'],
    [
      'the payer is null',
      { id: 'alice', payer: null },
      'payer must be 1–255 bytes of text without control characters, but is null',
    ],
    [
      'anonymous is a text',
      { id: 'alice', anonymous: 'yes' },
      'anonymous must be true or false, but is "yes"',
    ],
    ['the user is a text', 'alice', 'answered with "alice"; answer with the user'],
    ['the user is true', true, 'answered with true; answer with the user'],
    ['the user is false', false, 'answered with false; answer with the user'],
  ])('%s', async (_, user, named) => {
    for (const answer of [user, Promise.resolve(user)]) {
      const s = stage({ authenticate: () => answer as never })
      const alice = await s.open()
      await alice.say(hello('alice'))
      expect(alice.code).toBe(4004)
      expect(s.errors).toMatchObject([{ source: 'policy' }])
      expect(s.faults[0]).toContain(named)
    }
  })

  test('new credentials with such a user are refused as `internal`, and the session goes on', async () => {
    let expiresIn: unknown = 60_000
    const s = stage({ authenticate: () => ({ id: 'alice', expiresIn }) as never })
    const alice = await s.client('alice')
    expiresIn = Number.NaN
    expect(outcome(await alice.request('auth', 'fresh'))).toBe('internal')
    expect([alice.code, s.faults]).toEqual([null, [expect.stringContaining('expiresIn is NaN')]])
  })
})

test.each([
  [1, '1'],
  ['yes', '"yes"'],
  [{}, 'an instance of Object'],
  [[], 'an array'],
])('an answer of `authorize` that is %j allows nothing, and is reported', async (answer, named) => {
  for (const given of [answer, Promise.resolve(answer)]) {
    const s = stage({ authorize: () => given as never })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('join', '#a'))).toBe('forbidden')
    expect(s.faults).toEqual([expect.stringContaining(`\`authorize\` has answered with ${named}`)])
  }
})

test.each([[false], [undefined], [null], [0], ['']])(
  'the answer %j of `authorize` is a plain no',
  async (answer) => {
    const s = stage({ authorize: () => answer as never })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('join', '#a'))).toBe('forbidden')
    expect(s.errors).toEqual([])
  },
)

test.each<[answer: unknown, faults: number]>([
  [undefined, 0],
  [null, 0],
  ['yes', 1],
  [['#a'], 1],
])(
  'an answer of `presence.rooms` that is %j gives no presence, and harms no connection',
  async (answer, faults) => {
    for (const given of [answer, Promise.resolve(answer)]) {
      const s = stage({ presence: { rooms: () => given as never } })
      const alice = await s.client('alice')
      const joined = await alice.request('join', '#a')
      expect(joined).toMatchObject({ ok: true })
      expect(joined).not.toHaveProperty('result.members')
      expect(s.faults.filter((fault) => fault.includes("'presence.rooms' has answered with")).length).toBe(
        faults,
      )
      expect(alice.code).toBeNull()
    }
  },
)

test.each([[Number.NaN], [-1], ['5'], [Number.POSITIVE_INFINITY]])(
  'the retryAfter %j of an error is left out and reported, and the client gets the code',
  async (retryAfter) => {
    const s = stage()
    s.hub.handle('buy', () => {
      throw new ChatError('shop/closed', 'come back', { retryAfter: retryAfter as never })
    })
    const alice = await s.client('alice')
    await alice.request('call', 'buy', null)
    expect(alice.frames('err')).toEqual([['err', expect.any(Number), 'shop/closed', 'come back']])
    expect(s.faults).toEqual([expect.stringContaining("the retryAfter of the error 'shop/closed' is")])
  },
)

test('an error whose code is no text is `internal`, and is reported', async () => {
  const s = stage()
  s.hub.handle('buy', () => {
    throw new ChatError(undefined as never, 'broken')
  })
  const alice = await s.client('alice')
  expect(outcome(await alice.request('call', 'buy', null))).toBe('internal')
  expect([alice.code, s.errors.length]).toEqual([null, 1])
})
