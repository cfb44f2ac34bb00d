import type { HubObservation } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { drained, slow } from '../support/slow-client.ts'
import { paths, type Stage, type StageOptions, stage } from '../support/stage.ts'

interface Watched {
  readonly s: Stage
  /** The facts of a type so far. */
  readonly of: <T extends HubObservation['type']>(type: T) => Extract<HubObservation, { type: T }>[]
}

/** A hub whose facts are kept. */
function watched(options: StageOptions = {}): Watched {
  const seen: HubObservation[] = []
  const s = stage({ observe: (fact) => seen.push(fact), ...options })
  return { s, of: (type) => seen.filter((fact) => fact.type === type) as never }
}

describe.each(paths)('the option observe, with a backplane that is %s', (path) => {
  test('shows the connects and closes of clients', async () => {
    const { s, of } = watched({ path })
    const alice = await s.client('alice')
    await s.drop(alice)
    const again = await s.resume(alice)
    await s.open()
    again.connection.close(1000, 'done')
    await s.settle()
    const [session, user] = [alice.id, 'alice']
    expect(of('connect')).toMatchObject([
      { session, user, resumed: false, transport: 'memory' },
      { session, user, resumed: true },
    ])
    expect(of('connect').every(({ took }) => took >= 0)).toBe(true)
    expect(of('close')).toMatchObject([
      { session, user, code: 1006 },
      { session, user, code: 1000, reason: 'done' },
    ])
    await s.advance(6_000)
    expect(of('close').at(-1)).toMatchObject({ session: null, user: null, code: 4408 })
  })

  test('shows each append with its outcome, a repetition among them', async () => {
    const { s, of } = watched({ path })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 1])
    await alice.say(['send', 1, '#a', 'say', 1])
    await alice.say(['send', 1, '#a', 'say', 2])
    await s.publish('#a', 'hi')
    const [address, event, id] = ['#a', 'say', `${alice.id}.1`]
    expect(of('append')).toMatchObject([
      { address, event, from: 'alice', id, outcome: 'stored' },
      { address, event, from: 'alice', id, outcome: 'duplicate' },
      { address, event, from: 'alice', id, outcome: 'conflict' },
      { address, event, from: null, outcome: 'stored' },
    ])
    expect(of('append').every(({ took }) => (path === 'synchronous' ? took === 0 : took > 0))).toBe(true)
  })

  test('shows the beginning, the parts and the end of each stream', async () => {
    const { s, of } = watched({ path })
    const writer = await s.settled(s.hub.to('#a').stream('answer', { start: 'a' }))
    await s.settled(writer.write('bc'))
    void writer.write('d')
    void writer.write('e')
    await s.settled(writer.end())
    const [address, event] = [writer.address, 'answer']
    expect(of('stream')).toEqual([
      { type: 'stream', address, event, state: 'open', parts: 0, bytes: 3, took: 0 },
      { type: 'stream', address, event, state: 'done', parts: 3, bytes: 13, took: expect.any(Number) },
    ])
    expect(of('part').map(({ parts, bytes }) => [parts, bytes])).toEqual([
      [1, 4],
      [1, 3],
      [1, 3],
    ])
    expect(of('part').every((fact) => fact.address === address && fact.took >= 0)).toBe(true)
  })

  test('shows a stream that this node has ended for its writer, without its parts', async () => {
    const { s, of } = watched({ path })
    const alice = await s.client('alice')
    const writer = await s.settled(s.hub.to('#a').stream('answer'))
    await alice.request('cancel', writer.address)
    await s.advance(6_000)
    expect(of('stream').map(({ state, parts, bytes, took }) => [state, parts, bytes, took])).toEqual([
      ['open', 0, 2, 0],
      ['cancelled', null, null, null],
    ])
  })

  test('shows each message at each node with its readers, and its lag', async () => {
    const { s, of } = watched({ path })
    s.another()
    await s.client('alice', { streams: { '#a': null } })
    await s.client('bob', { streams: { '#a': null } })
    await s.client('carol', { streams: { '#a': null } }, 2)
    await s.publish('#a', 'hi')
    const [first] = of('append')
    expect(of('deliver').map(({ readers, behind }) => [readers, behind])).toEqual(
      expect.arrayContaining([
        [2, 0],
        [1, 0],
      ]),
    )
    for (const { address, event, id, lag } of of('deliver')) {
      expect({ address, event, id }).toEqual({ address: '#a', event: 'say', id: first?.id })
      expect(lag).toBeGreaterThanOrEqual(0)
      expect(lag).toBeLessThan(100)
    }
  })

  test('shows how a client goes on from its position: live, with a replay, or after a gap', async () => {
    const { s, of } = watched({ path })
    const [first] = await s.publish('#a', 1, 2, 3)
    const top = (await s.publish('#a', 4))[0]
    const alice = await s.client('alice')
    await alice.request('join', '#a', { since: top?.position })
    await alice.request('join', '#a', { since: first?.position })
    await alice.request('join', '#a', { since: ['other', 1, 'x.1'] })
    await alice.request('join', '#b')
    const [session, user, address] = [alice.id, 'alice', '#a']
    expect(of('resume')).toEqual([
      { type: 'resume', session, user, address, mode: 'live', reason: null, missed: 0 },
      { type: 'resume', session, user, address, mode: 'replay', reason: null, missed: 3 },
      { type: 'resume', session, user, address, mode: 'gap', reason: 'epoch', missed: 0 },
    ])
  })

  test('shows the casts that were dropped, with the reason', async () => {
    const authorize: StageOptions['authorize'] = ({ address }) => address !== '#staff'
    const { s, of } = watched({ path, authorize, limits: { rate: 1, burst: 4 } })
    const alice = await s.client('alice')
    await alice.say(
      ['cast', 'nowhere', 'say', 1],
      ['cast', '#a', '$say', 1],
      ['cast', '#staff', 'say', 1],
      ['cast', '#a', 'say', 1],
      ['cast', '#a', 'say', 1],
    )
    expect(of('drop').map(({ address, event, code }) => [address, event, code])).toEqual([
      ['nowhere', 'say', 'bad_request'],
      ['#a', '$say', 'bad_request'],
      ['#staff', 'say', 'forbidden'],
      ['#a', 'say', 'rate_limited'],
    ])
    expect(of('drop').every(({ session, readers }) => session === alice.id && readers === 0)).toBe(true)
    expect(s.hub.counters.droppedCasts).toBe(4)
  })

  test('shows the calls with their codes', async () => {
    const { s, of } = watched({ path })
    s.hub.handle('now', () => 1)
    s.hub.handle('later', async () => 1)
    s.hub.handle('fail', () => Promise.reject(new Error('broken')))
    s.hub.handle('never', () => new Promise(() => {}))
    const alice = await s.client('alice')
    await alice.say(
      ['call', 1, 'now', null],
      ['call', 2, 'later', null],
      ['call', 3, 'fail', null],
      ['call', 4, 'nothing', null],
      ['call', 5, 'never', null],
      ['cancel', 6, 5],
    )
    await s.advance(5_100)
    const of2 = of('call').map(({ event, code }) => [event, code])
    expect(of2.toSorted()).toEqual([
      ['fail', 'internal'],
      ['later', null],
      ['never', 'cancelled'],
      ['nothing', 'not_found'],
      ['now', null],
    ])
    expect(of('call').find(({ event }) => event === 'never')).toMatchObject({
      session: alice.id,
      user: 'alice',
      took: expect.any(Number),
    })
    expect(of('call').find(({ event }) => event === 'never')?.took).toBeGreaterThan(4_900)
  })

  test('shows the asks with the numbers of their outcomes', async () => {
    const { s, of } = watched({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await s.client('carol')
    const asked = s.hub.to('*').askAll('confirm', null, { timeout: 1_000 })
    await s.settle()
    await alice.say(['reply', 1, 'yes'])
    await bob.say(['refuse', 1, 'shop/no', 'no'])
    await s.advance(1_100)
    await asked
    const given = new AbortController()
    const second = s.hub.to('@alice').ask('confirm', null, { signal: given.signal })
    await s.settle()
    given.abort('enough')
    await second.catch(() => {})
    const [address, event] = ['*', 'confirm']
    expect(of('ask')).toMatchObject([
      { address, event, answered: 1, refused: 1, open: 1, unreachable: 0, code: null },
      { address: '@alice', event, answered: 0, refused: 0, open: 0, code: 'cancelled' },
    ])
    expect(of('ask')[0]?.took).toBeGreaterThanOrEqual(1_000)
  })

  test('shows the verdicts of the policies, and their time', async () => {
    const { s, of } = watched({
      path,
      authenticate: async ({ token }) => (token === 'alice' ? { id: 'alice' } : null),
      authorize: ({ address, action }) => {
        if (action === 'read') throw new Error('broken')
        return address === '#a'
      },
    })
    const alice = await s.client('alice')
    const stranger = await s.open()
    await stranger.say(['hello', { v: [1, 1], token: 'mallory' }])
    await alice.say(['join', 1, '#a'], ['send', 2, '#b', 'say', 1], ['read', 3, '#a'])
    const verdicts = of('policy').map(({ policy, action, address, user, code }) => ({
      policy,
      action,
      address,
      user,
      code,
    }))
    const user = 'alice'
    expect(verdicts).toHaveLength(5)
    expect(verdicts).toEqual(
      expect.arrayContaining([
        { policy: 'authenticate', action: null, address: null, user, code: null },
        { policy: 'authenticate', action: null, address: null, user: null, code: 'unauthorized' },
        { policy: 'authorize', action: 'join', address: '#a', user, code: null },
        { policy: 'authorize', action: 'send', address: '#b', user, code: 'forbidden' },
        { policy: 'authorize', action: 'read', address: '#a', user, code: 'internal' },
      ]),
    )
    expect(of('policy').every(({ took }) => took >= 0)).toBe(true)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('observer')
      },
    ],
    ['rejects', () => Promise.reject(new Error('observer'))],
  ])('an observer that %s harms nothing, and $error tells', async (_, observe) => {
    const s = stage({ path, observe })
    s.hub.handle('now', () => 1)
    const alice = await s.client('alice', { streams: { '#a': null } })
    await alice.say(['call', 1, 'now', null], ['send', 2, '#a', 'say', 1], ['cast', '#staff', '$', 1])
    await s.settle()
    expect(alice.answered().toSorted()).toEqual([1, 2])
    expect(alice.messages('#a')).toEqual([[1, 1]])
    expect(s.errors.length).toBeGreaterThan(4)
    for (const { error, source, subject } of s.errors)
      expect([String(error), source, subject]).toEqual(['Error: observer', 'listener', 'observe'])
  })
})

test('shows when a connection takes no more bytes, when it does again, and the casts that it was too slow for', async () => {
  const { s, of } = watched({ limits: { queue: 20_000 } })
  const connection = await slow(s)
  const session = s.hub.sessions[0]?.id
  for (let i = 0; i < 40; i++) s.hub.to('#a').cast('say', 'x'.repeat(4_000))
  await s.settle()
  expect(of('queue')[0]).toMatchObject({ type: 'queue', session, blocked: true })
  expect(of('queue')[0]?.bytes).toBeGreaterThan(0)
  expect(of('drop').length).toBeGreaterThan(0)
  expect(of('drop')[0]).toEqual({
    type: 'drop',
    address: '#a',
    event: null,
    session: null,
    code: null,
    readers: 1,
  })
  await s.publish('#a', 1)
  expect(of('deliver').at(-1)).toMatchObject({ readers: 0, behind: 1 })
  await drained(s, connection)
  expect(of('queue').at(-1)).toMatchObject({ session, blocked: false })
})
