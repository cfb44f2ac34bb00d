import { ChatError, contract, UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { stage } from '../../support/stage.ts'

const alice = { id: 'alice' }

test('asks the policy with the user and no session', async () => {
  const asked: unknown[] = []
  const s = stage({
    authorize: (request) => {
      asked.push(request)
      return true
    },
  })

  expect(await s.hub.may(alice, { action: 'read', address: '#a' })).toBe(true)
  expect(await s.hub.may(alice, { action: 'send', address: '@bob', event: 'say', data: 1 })).toBe(true)

  expect(asked).toEqual([
    { user: alice, session: null, action: 'read', address: '#a' },
    { user: alice, session: null, action: 'send', address: '@bob', event: 'say', data: 1, meta: null },
  ])
})

test('answers what the policy wants stored', async () => {
  const s = stage({ authorize: async () => ({ data: 'masked' }) })
  const verdict = await s.hub.may(alice, { action: 'send', address: '#a', event: 'say', data: 'rude' })
  expect(verdict).toEqual({ data: 'masked' })
})

test('is false when the policy refuses, and without a policy', async () => {
  const refusing = stage({ authorize: () => false })
  const none = stage({ authorize: undefined })
  for (const { hub } of [refusing, none])
    expect(await hub.may(alice, { action: 'join', address: '#a' })).toBe(false)
})

test('is false without asking for what no session may do (P-AD-2)', async () => {
  let asked = 0
  const s = stage({
    authorize: () => {
      asked++
      return true
    },
  })
  for (const address of ['@bob', '~s1234567'])
    expect(await s.hub.may(alice, { action: 'read', address })).toBe(false)
  expect(asked).toBe(0)
  expect(await s.hub.may(alice, { action: 'read', address: '@alice' })).toBe(true)
})

test('throws with the code of the policy, and reports any other error', async () => {
  const muted = stage({
    authorize: () => {
      throw new ChatError('shop/muted', 'you are muted', { retryAfter: 5 })
    },
  })
  await expect(muted.hub.may(alice, { action: 'join', address: '#a' })).rejects.toMatchObject({
    code: 'shop/muted',
    retryAfter: 5,
  })
  const broken = stage({
    authorize: () => {
      throw new Error('no database')
    },
  })
  await expect(broken.hub.may(alice, { action: 'join', address: '#a' })).rejects.toMatchObject({
    code: 'internal',
  })
  expect(broken.faults).toEqual(['Error: no database'])
})

test('throws for data that the contract does not accept, before the policy is asked', async () => {
  const s = stage({ contract: contract({ events: { say: z.string() } }) } as never)
  await expect(
    s.hub.may(alice, { action: 'send', address: '#a', event: 'say', data: 1 }),
  ).rejects.toMatchObject({ code: 'bad_payload' })
})

test.each([
  ['a user without an id', {}, { action: 'join', address: '#a' }],
  ['no user', null, { action: 'join', address: '#a' }],
  ['an unknown action', alice, { action: 'jion', address: '#a' }],
  ['a malformed address', alice, { action: 'join', address: 'a' }],
  ['a send without an event', alice, { action: 'send', address: '#a', data: 1 }],
  ['a reserved event', alice, { action: 'send', address: '#a', event: '$x', data: 1 }],
])('rejects %s', async (_, user, request) => {
  await expect(stage().hub.may(user as never, request as never)).rejects.toBeInstanceOf(UsageError)
})

test.each([[undefined], [null], ['#a']])(
  'a request that is %j rejects, and says what to give',
  async (request) => {
    await expect(stage().hub.may({ id: 'alice' }, request as never)).rejects.toThrow(
      /^unable to ask the policy: the request is .*; write `hub\.may\(user, \{ action: 'read', address: '#room' \}\)`$/,
    )
  },
)
