import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

describe.each(paths)('permissions, with a backplane that is %s', (path) => {
  test('SEC-15: a hub without a policy allows nothing, and the refusal names the missing option', async () => {
    const s = stage({ path })
    s.another({ authorize: undefined })
    const alice = await s.client('alice', { streams: { '#a': null } }, 2)
    expect(alice.welcome.streams['#a']).toMatchObject({ mode: 'refused', code: 'forbidden' })
    const join = await alice.request('join', '#a')
    const send = await alice.request('send', '#a', 'say', 1)
    const read = await alice.request('read', '#a')
    expect([join, send, read].map(outcome)).toEqual(['forbidden', 'forbidden', 'forbidden'])
    expect(join).toMatchObject({ message: expect.stringContaining('`authorize`') })
    expect(s.store.usage.keys).toBe(0)
  })

  test.each([
    ['false', false],
    ['undefined', undefined],
    ['a truthy value that is not true', 1],
    ['a text', 'yes'],
    ['an object', {}],
  ])('SEC-15: a policy that answers %s allows nothing', async (_, answer) => {
    const s = stage({ path, authorize: () => answer as boolean })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('join', '#a'))).toBe('forbidden')
    expect(outcome(await alice.request('send', '#a', 'say', 1))).toBe('forbidden')
  })

  test('SEC-15: the policy is asked before every operation, with user, action and address', async () => {
    const asked: unknown[] = []
    const s = stage({
      path,
      authorize: (request) => {
        asked.push(request)
        return true
      },
    })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await alice.request('send', '#a', 'say', { n: 1 })
    await alice.say(['cast', '#a', 'typing', true])
    await alice.request('read', '#a')
    await alice.request('join', '#a')
    await alice.request('leave', '#a')
    const who = { user: { id: 'alice' }, session: alice.id, address: '#a' }
    expect(asked).toEqual([
      { ...who, action: 'join' },
      { ...who, action: 'send', event: 'say', data: { n: 1 }, meta: null },
      { ...who, action: 'cast', event: 'typing', data: true, meta: null },
      { ...who, action: 'read' },
      { ...who, action: 'join' },
    ])
  })

  test('SEC-15: a cast that is refused is dropped and counted, and reaches no client', async () => {
    const s = stage({ path, authorize: ({ action }) => action !== 'cast' })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')
    await alice.say(['cast', '#a', 'say', 1], ['cast', '@bob', 'say', 1], ['cast', `~${bob.id}`, 'say', 1])
    expect(bob.frames('cast')).toEqual([])
    expect(s.hub.counters.droppedCasts).toBe(3)
  })

  test('SEC-15: a send that is refused is not stored, and reaches no client', async () => {
    const s = stage({ path, authorize: ({ action }) => action !== 'send' })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')
    await alice.request('send', '#a', 'say', 1)
    expect(bob.frames('msg')).toEqual([])
    expect(await bob.request('read', '#a')).toMatchObject({ result: { top: 0 } })
  })

  test('SEC-25: a lost permission counts from the next operation on', async () => {
    let allowed = true
    const s = stage({ path, authorize: () => allowed })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('send', '#a', 'say', 1))).toBe('ok')
    allowed = false
    expect(outcome(await alice.request('send', '#a', 'say', 2))).toBe('forbidden')
  })
})
