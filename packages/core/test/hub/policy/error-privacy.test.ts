import { ChatError, type ErrorCode, UncertainError, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

const secret = 'postgres://root:hunter2@10.0.0.5/users'

describe.each(paths)('errors for a client, with a backplane that is %s', (path) => {
  test.each([
    [
      'throws an error',
      () => {
        throw new Error(secret)
      },
    ],
    [
      'throws a text',
      () => {
        throw secret
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    [
      'rejects',
      async () => {
        throw new TypeError(secret)
      },
    ],
    [
      'throws what is only for this side',
      () => {
        throw new UncertainError(secret)
      },
    ],
    [
      'throws a wrong use of the API',
      () => {
        throw new UsageError(secret)
      },
    ],
    [
      'throws a code that is none',
      () => {
        throw new ChatError('made_up' as ErrorCode, secret)
      },
    ],
  ] as const)(
    '§10: a handler that %s is internal to the client, and the application gets the whole error',
    async (_, handler) => {
      const s = stage({ path })
      s.hub.handle('fail', handler)
      const alice = await s.client('alice')
      expect(outcome(await alice.request('call', 'fail', null))).toBe('internal')
      expect(alice.transmissions.join()).not.toContain('hunter2')
      expect(s.errors).toMatchObject([{ source: 'handler', subject: 'fail', session: alice.id }])
      expect(alice.code).toBeNull()
    },
  )

  test.each(['join', 'send', 'read'] as const)(
    '§10: a policy that fails in a %s is internal to the client',
    async (action) => {
      const s = stage({
        path,
        authorize: (request) => {
          if (request.action === action) throw new Error(secret)
          return true
        },
      })
      const alice = await s.client('alice')
      const answer = await alice.request(action, '#a', ...(action === 'send' ? ['say', 1] : []))
      expect(outcome(answer)).toBe('internal')
      expect(alice.transmissions.join()).not.toContain('hunter2')
      expect(s.errors).toMatchObject([{ source: 'policy', subject: '#a', session: alice.id }])
    },
  )

  test('§10: a policy may refuse with a code of its own', async () => {
    const s = stage({
      path,
      authorize: async () => {
        throw new ChatError('club/members_only', 'join the club first', { detail: { fee: 5 } })
      },
    })
    const alice = await s.client('alice', { streams: { '#a': null } })
    expect(alice.welcome.streams['#a']).toMatchObject({ mode: 'refused', code: 'club/members_only' })
    expect(await alice.request('join', '#a')).toMatchObject({
      code: 'club/members_only',
      message: 'join the club first',
      detail: { fee: 5 },
    })
    expect(s.errors).toEqual([])
  })

  test('§10: absent and forbidden look the same', async () => {
    const s = stage({ path, authorize: () => false })
    await s.publish('#exists', 1)
    const alice = await s.client('alice')
    for (const type of ['join', 'read']) {
      const there = await alice.request(type, '#exists')
      const absent = await alice.request(type, '#absent')
      expect({ ...there, ref: 0 }).toEqual({ ...absent, ref: 0 })
    }
    const existing = await alice.request('join', '@bob')
    await s.client('bob')
    expect({ ...existing, ref: 0 }).toEqual({ ...(await alice.request('join', '@bob')), ref: 0 })
  })

  test('SEC-27: a send to an inbox gets the same answer for a known and an unknown user', async () => {
    const s = stage({ path })
    const [alice] = [await s.client('alice'), await s.client('bob')]
    const there = await alice.request('send', '@bob', 'dm', 1)
    const never = await alice.request('send', '@nobody', 'dm', 1)
    const shape = (answer: typeof there) => (answer.ok ? Object.keys(answer.result) : answer.code)
    expect(shape(there)).toEqual(shape(never))
  })
})
