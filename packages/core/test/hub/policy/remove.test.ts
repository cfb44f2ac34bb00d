import type { LogPage } from '@chat/core/backplane'
import type { MemoryBackplane } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { altered, deferred, outcome, paths, type Stage, stage } from '../../support/stage.ts'

/** Waits for a promise, after the steps that it waits for. */
async function during(s: Stage, promise: Promise<unknown>): Promise<void> {
  await Promise.all([promise, s.settle()])
  await s.settle()
}

const left = ['left', '#a', 'forbidden', 'removed by the application']

describe.each(paths)('a user who is removed from a room, with a backplane that is %s', (path) => {
  test('F21, SEC-25: every session of the user gets `left`, at every node, and no other user does', async () => {
    const s = stage({ path })
    s.another()
    const hers = [await s.client('alice'), await s.client('alice', {}, 2)]
    const bob = await s.client('bob', {}, 2)
    for (const client of [...hers, bob]) await client.request('join', '#a')
    await during(s, s.hub.to('#a').remove('@alice'))
    expect([...hers, bob].map((client) => client.frames('left'))).toEqual([[left], [left], []])
    expect(s.hub.rooms.size).toBe(0)
  })

  test('a single session can be removed', async () => {
    const s = stage({ path })
    s.another()
    const [one, two] = [await s.client('alice', {}, 2), await s.client('alice', {}, 2)]
    for (const client of [one, two]) await client.request('join', '#a')
    await during(s, s.hub.to('#a').remove(`~${one.id}`))
    expect([one.frames('left'), two.frames('left')]).toEqual([[left], []])
  })

  test('the application chooses the code and the message', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await during(s, s.hub.to('#a').remove('@alice', { code: 'club/expired', message: 'renew it' }))
    expect(alice.frames('left')).toEqual([['left', '#a', 'club/expired', 'renew it']])
  })

  test('I12, S-28, P-ST-10: no message and no cast of the room comes afterwards; other rooms go on', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    for (const room of ['#a', '#b']) await alice.request('join', room)
    await s.publish('#a', 'before')
    const removed = s.hub.to('#a').remove('@alice')
    const said = ['#a', '#b'].map((room) => s.hub.to(room).send('say', 'after'))
    s.hub.to('#a').cast('say', 'after')
    await during(s, Promise.all([removed, ...said]))
    expect(alice.messages('#a')).toEqual([[1, 'before']])
    expect(alice.messages('#b')).toEqual([[1, 'after']])
    expect(alice.frames('cast')).toEqual([])
    expect(alice.frames().findLast((frame) => frame[1] === '#a')).toEqual(left)
  })

  test('S-28: a replay under way stops', async () => {
    const s = stage({ path, limits: { queue: 4_096 } })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    alice.connection.pause()
    await s.publish('#a', ...Array.from({ length: 500 }, () => 'x'.repeat(1_000)))
    await during(s, s.hub.to('#a').remove('@alice'))
    await s.publish('#a', 'after')
    alice.connection.resume()
    await s.settle()
    expect(alice.messages('#a').length).toBeLessThan(500)
    expect(alice.frames().at(-1)).toEqual(left)
  })

  test('the user may join again, and gets later messages', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await during(s, s.hub.to('#a').remove('@alice'))
    await s.publish('#a', 'unheard')
    expect(outcome(await alice.request('join', '#a'))).toBe('ok')
    await s.publish('#a', 'heard')
    await s.advance(20_000)
    expect(alice.messages('#a')).toEqual([[2, 'heard']])
    expect(alice.frames('left')).toHaveLength(1)
  })

  test('a session that joins again at once is not removed a second time by the same call', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    for (const client of [alice, bob]) await client.request('join', '#a')
    const removed = s.hub.to('#a').remove('@alice')
    alice.write(['join', 2, '#a'])
    await during(s, removed)
    expect(alice.frames('left')).toEqual([left])
    await s.publish('#a', 'heard')
    expect(alice.messages('#a')).toEqual([[1, 'heard']])
  })

  test('a session that is not in the room gets no frame', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    alice.news()
    await during(s, s.hub.to('#a').remove('@alice'))
    expect(alice.news()).toEqual([])
  })

  test('S-28, K31: the policy is asked for a session that resumes afterwards', async () => {
    const banned = new Set<string>()
    const s = stage({ path, authorize: ({ user }) => !banned.has(user.id) })
    const alice = await s.client('alice')
    const joined = await alice.request('join', '#a')
    await s.drop(alice)
    banned.add('alice')
    await during(s, s.hub.to('#a').remove('@alice'))
    await s.publish('#a', 'after')
    const { epoch, at, id } = joined.ok ? joined.result : {}
    const again = await s.resume(alice, { streams: { '#a': [epoch, at, id] } })
    expect(again.welcome.streams['#a']).toMatchObject({ mode: 'refused', code: 'forbidden' })
    expect(again.messages('#a')).toEqual([])
  })

  test('the hub emits `$leave`', async () => {
    const s = stage({ path })
    const heard: string[] = []
    s.hub.on('$leave', ({ session, address }) => heard.push(`${session.user.id} ${address}`))
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await during(s, s.hub.to('#a').remove('@alice'))
    expect(heard).toEqual(['alice #a'])
  })
})

/** A hub that gets the answers to its reads of `#a` when the test says so. */
function gated(): { s: Stage; gate: ReturnType<typeof deferred<void>>; banned: Set<string> } {
  const gate = deferred<void>()
  const banned = new Set<string>()
  const s = stage({
    authorize: ({ user }) => !banned.has(user.id),
    wrap: (backplane) =>
      altered(backplane, {
        read: (stream, range) => {
          const page = (): LogPage => (backplane as MemoryBackplane).read(stream, range) as LogPage
          return stream === '#a' ? gate.promise.then(page) : page()
        },
      }),
  })
  return { s, gate, banned }
}

describe('a removal during a join', () => {
  test('S-28: the policy is asked again for a join that was allowed before', async () => {
    const { s, gate, banned } = gated()
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#a'])
    banned.add('alice')
    await s.hub.to('#a').remove('@alice')
    gate.resolve()
    await s.settle()
    expect(outcome(alice.answer(1))).toBe('forbidden')
    expect(alice.frames('left')).toEqual([])
    await s.publish('#a', 'after')
    expect(alice.messages('#a')).toEqual([])
    expect(s.hub.rooms.size).toBe(0)
  })

  test('S-28, K31: the policy is asked again for a room of a `hello`', async () => {
    const { s, gate, banned } = gated()
    const alice = await s.open()
    await alice.say(hello('alice', { streams: { '#a': null, '#b': null } }))
    banned.add('alice')
    await s.hub.to('#a').remove('@alice')
    gate.resolve()
    await s.settle()
    const refused = { mode: 'refused', code: 'forbidden' }
    expect(alice.frames('welcome')[0]?.[1]).toMatchObject({ streams: { '#a': refused, '#b': refused } })
    await s.publish('#a', 'after')
    expect(alice.messages('#a')).toEqual([])
    expect(s.hub.rooms.size).toBe(0)
  })

  test('a `hello` whose connection ends meanwhile leaves nothing behind', async () => {
    const { s, gate } = gated()
    const alice = await s.open()
    await alice.say(hello('alice', { streams: { '#a': null } }))
    await s.hub.to('#a').remove('@alice')
    await s.drop(alice)
    gate.resolve()
    await s.settle()
    expect([s.hub.rooms.size, s.store.usage.tails]).toEqual([0, 0])
  })

  test('a join that is still allowed goes on', async () => {
    const { s, gate } = gated()
    const [alice, bob] = [await s.client('alice'), await s.open()]
    await alice.say(['join', 1, '#a'])
    await bob.say(hello('bob', { streams: { '#a': null } }))
    await s.hub.to('#a').remove('@alice')
    await s.hub.to('#a').remove('@bob')
    gate.resolve()
    await s.settle()
    await s.publish('#a', 'hello')
    expect([alice, bob].map((client) => client.messages('#a'))).toEqual([[[1, 'hello']], [[1, 'hello']]])
  })

  test('S-28: a slow policy is asked again after each further revocation', async () => {
    const verdicts: ReturnType<typeof deferred<boolean>>[] = []
    const s = stage({
      authorize: () => {
        const verdict = deferred<boolean>()
        verdicts.push(verdict)
        return verdict.promise
      },
    })
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#a'])
    for (let i = 0; i < 3; i++) {
      await s.hub.to('#a').remove('@alice')
      verdicts[i]?.resolve(true)
      await s.settle()
      expect(alice.answered()).toEqual([])
    }
    verdicts[3]?.resolve(false)
    await s.settle()
    expect(outcome(alice.answer(1))).toBe('forbidden')
  })
})

describe('wrong use of `remove`', () => {
  test.each(['*', '@alice', '~s1'])('%s is not a room', async (address) => {
    await expect(stage().hub.to(address).remove('@bob')).rejects.toMatchObject({ code: 'usage' })
  })

  test.each(['uncertain', 'closed', 'nonsense'])('%s is not a code for a client', async (code) => {
    const removed = stage()
      .hub.to('#a')
      .remove('@bob', { code: code as 'forbidden' })
    await expect(removed).rejects.toMatchObject({ code: 'usage' })
  })
})
