import type { LogPage } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import { altered, deferred, outcome, stage } from '../../support/stage.ts'

/** A hub that gets the answers to its reads of `#staff` when the test says so; guests may not read it. */
function setUp() {
  const gate = deferred<void>()
  let role = 'admin'
  const s = stage({
    authenticate: ({ token }) => ({ id: token ?? '' }),
    authorize: ({ address }) => role === 'admin' || address !== '#staff',
    wrap: (backplane) =>
      altered(backplane, {
        read: (stream, range) => {
          const page = (): LogPage => backplane.read(stream, range) as LogPage
          return stream === '#staff' ? gate.promise.then(page) : page()
        },
      }),
  })
  const demote = (): void => {
    role = 'guest'
  }
  return { s, gate, demote }
}

describe('a permission from before a revocation', () => {
  test('P-HS-9, S-28: does not complete a join', async () => {
    const { s, gate, demote } = setUp()
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#staff'])
    demote()
    await alice.say(['auth', 2, 'alice'])
    gate.resolve()
    await s.settle()
    expect(outcome(alice.answer(1))).toBe('forbidden')
    await s.publish('#staff', 'the safe is open')
    expect(alice.messages('#staff')).toEqual([])
    expect(s.hub.rooms.size).toBe(0)
  })

  test('P-HS-9, S-28: does not answer a read', async () => {
    const { s, gate, demote } = setUp()
    const alice = await s.client('alice')
    await alice.say(['read', 1, '#staff'])
    demote()
    await alice.say(['auth', 2, 'alice'])
    await s.publish('#staff', 'the safe is open')
    gate.resolve()
    await s.settle()
    expect(outcome(alice.answer(1))).toBe('forbidden')
    expect(alice.transmissions.join()).not.toContain('the safe is open')
  })

  test('P-HS-9: is asked for again, and holds where nothing has changed', async () => {
    const { s, gate } = setUp()
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#staff'], ['auth', 2, 'alice'])
    gate.resolve()
    await s.settle()
    expect(outcome(alice.answer(1))).toBe('ok')
    await s.publish('#staff', 'hello')
    expect(alice.messages('#staff')).toEqual([[1, 'hello']])
  })
})
