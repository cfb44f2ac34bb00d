import { type ChatError, contract } from '@chat/core'
import { MemoryBackplane } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RawClient } from '../../support/raw-client.ts'
import { altered, paths, type Stage, stage } from '../../support/stage.ts'

/** Returns the outcome of a promise. */
const ended = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: ChatError) => error.code ?? error,
  )

/** A stage with two hubs, both listed. */
async function cluster(path: (typeof paths)[number]): Promise<Stage> {
  const s = stage({ path })
  s.another()
  await s.settle()
  return s
}

describe.each(paths)('asks across nodes, with a backplane that is %s', (path) => {
  test('P-ND-2: ask reaches a session at another node', async () => {
    const s = await cluster(path)
    const alice = await s.client('alice', {}, 2)
    const asked = s.hub.to('@alice').ask('confirm', { sure: true }, { meta: { of: 'x.1' } })
    await s.settle()
    expect(alice.frames('ask')).toEqual([['ask', 1, 'confirm', { sure: true }, { of: 'x.1' }]])
    await alice.say(['reply', 1, 'yes'])
    expect(await asked).toBe('yes')
  })

  test.each(['*', '#a', '@alice', '~'])(
    'P-ND-2: askAll reaches the sessions of %s at every node',
    async (address) => {
      const s = await cluster(path)
      const here = await s.client('alice', { streams: { '#a': null } })
      const there = await s.client('alice', { streams: { '#a': null } }, 2)
      const to = address === '~' ? `~${there.id}` : address
      const asked = s.hub.to(to).askAll('confirm', null)
      await s.settle()
      await here.say(['reply', 1, 'here'])
      await there.say(['reply', 1, 'there'])
      const { replies, refused, timedOut, unreachable } = await asked
      expect([refused, timedOut, unreachable]).toEqual([[], [], []])
      const expected = [
        { session: here.id, user: 'alice', answer: 'here' },
        { session: there.id, user: 'alice', answer: 'there' },
      ]
      expect(replies).toHaveLength(address === '~' ? 1 : 2)
      expect(replies).toEqual(expect.arrayContaining(address === '~' ? expected.slice(1) : expected))
    },
  )

  test('P-ND-2: an ask is not_found only when every node has said that it has no session', async () => {
    const s = await cluster(path)
    const asked = ended(s.hub.to('@nobody').ask('confirm', null))
    await s.settle()
    expect(await asked).toBe('not_found')
    const all = s.hub.to('@nobody').askAll('confirm', null)
    await s.settle()
    expect(await all).toEqual({ replies: [], refused: [], timedOut: [], unreachable: [] })
  })

  test('P-ND-2: refusals, ends of connections and silence at another node are told for each session', async () => {
    const s = await cluster(path)
    const [bob, carol, dave] = [
      await s.client('bob', {}, 2),
      await s.client('carol', {}, 2),
      await s.client('dave', {}, 2),
    ]
    const asked = s.hub.to('*').askAll('vote', null, { timeout: 1_000 })
    await s.settle()
    await bob.say(['refuse', 1, 'shop/closed', 'no vote'])
    await s.drop(carol)
    await s.advance(1_100)
    expect(await asked).toEqual({
      replies: [],
      refused: expect.arrayContaining([
        {
          session: bob.id,
          user: 'bob',
          error: expect.objectContaining({ code: 'shop/closed', message: 'no vote' }),
        },
        { session: carol.id, user: 'carol', error: expect.objectContaining({ name: 'UncertainError' }) },
      ]),
      timedOut: [{ session: dave.id, user: 'dave' }],
      unreachable: [],
    })
  })

  test('P-ND-2: the first answer of any node counts, and the other sessions are not waited for', async () => {
    const s = await cluster(path)
    const [here, there] = [await s.client('alice'), await s.client('alice', {}, 2)]
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await here.say(['reply', 1, 'here'])
    expect(await asked).toBe('here')
    await s.settle()
    await there.say(['reply', 1, 'too late'])
    expect(s.hubs.map(({ counters }) => counters.strayReplies)).toEqual([0, 1])
  })

  test('P-ND-2: a signal stops the waiting at every node', async () => {
    const s = await cluster(path)
    const alice = await s.client('alice', {}, 2)
    const controller = new AbortController()
    const asked = ended(s.hub.to('@alice').ask('confirm', null, { signal: controller.signal }))
    await s.settle()
    controller.abort('enough')
    expect(await asked).toBe('enough')
    await s.settle()
    await alice.say(['reply', 1, 'late'])
    expect(s.hubs[1]?.counters.strayReplies).toBe(1)
  })

  test('P-ND-2: an ask without an answer in time is a timeout, also at another node', async () => {
    const s = await cluster(path)
    await s.client('alice', {}, 2)
    const asked = ended(s.hub.to('@alice').ask('confirm', null, { timeout: 2_000 }))
    await s.advance(2_100)
    expect(await asked).toBe('timeout')
  })

  test('P-ND-2: a hub that closes ends its asks', async () => {
    const s = await cluster(path)
    const alice = await s.client('alice', {}, 2)
    const asked = ended(s.hub.to('@alice').askAll('confirm', null))
    await s.settle()
    const closed = s.hub.close()
    await s.settle()
    await closed
    expect(await asked).toBe('closed')
    await alice.say(['reply', 1, 'late'])
    expect(s.hubs[1]?.counters.strayReplies).toBe(1)
  })

  test('P-ND-2: six hundred sessions of another node are named in several texts, and answer', async () => {
    const s = await cluster(path)
    const clients: RawClient[] = []
    for (let lot = 0; lot < 6; lot++)
      clients.push(
        ...(await Promise.all(Array.from({ length: 100 }, (_, i) => s.client(`user ${lot}.${i}`, {}, 2)))),
      )
    const asked = s.hub.to('*').askAll('vote', null)
    await s.settle()
    for (const client of clients) client.write(['reply', 1, client.id])
    await s.settle()
    const { replies, timedOut } = await asked
    expect([replies.length, timedOut]).toEqual([600, []])
    expect(replies.every(({ session, answer }) => session === answer)).toBe(true)
  })

  test('sessions() lists the connected sessions of all nodes, each with its node', async () => {
    const s = await cluster(path)
    const here = await s.client('alice', { streams: { '#a': null } })
    const there = await s.client('alice', {}, 2)
    const bob = await s.client('bob', { streams: { '#a': null } }, 2)
    await s.drop(await s.client('alice', {}, 2))
    const [first, second] = s.hubs.map(({ node }) => node)
    const order = [here.id, there.id, bob.id]
    const list = async (address: string) => {
      const listed = s.hub.to(address).sessions()
      await s.settle()
      return (await listed).toSorted((a, b) => order.indexOf(a.session) - order.indexOf(b.session))
    }
    const all = [
      { session: here.id, user: 'alice', node: first },
      { session: there.id, user: 'alice', node: second },
      { session: bob.id, user: 'bob', node: second },
    ]
    expect(await list('*')).toEqual(all)
    expect(await list('@alice')).toEqual(all.slice(0, 2))
    expect(await list('#a')).toEqual([all[0], all[2]])
    expect(await list(`~${bob.id}`)).toEqual([all[2]])
    expect(await list('@nobody')).toEqual([])
    expect(there.frames('ask')).toEqual([])
  })
})

test('P-ND-2: when the nodes cannot be listed, an ask is unavailable and no session is asked', async () => {
  let down = false
  const s = stage({
    wrap: (real) =>
      altered(real, {
        presence: {
          ...real.presence,
          members: (...given) => {
            if (down) throw new Error('gone')
            return real.presence.members(...given)
          },
        },
      }),
  })
  const alice = await s.client('alice')
  down = true
  expect(await ended(s.hub.to('@alice').ask('confirm', null))).toBe('unavailable')
  expect(await ended(s.hub.to('@alice').askAll('confirm', null))).toBe('unavailable')
  expect(await ended(s.hub.to('@alice').sessions())).toBe('unavailable')
  await s.settle()
  expect(alice.frames('ask')).toEqual([])
})

test('P-ND-2: when the other nodes cannot be told, an ask is unavailable and no session is asked', async () => {
  let down = false
  const s = stage({
    wrap: (real) =>
      altered(real, {
        publish: (...given) => (down ? Promise.reject(new Error('gone')) : real.publish(...given)),
      }),
  })
  s.another()
  const alice = await s.client('alice')
  down = true
  expect(await ended(s.hub.to('@alice').ask('confirm', null))).toBe('unavailable')
  await s.settle()
  expect(alice.frames('ask')).toEqual([])
})

describe('a node that is silent', () => {
  /** A stage whose second node is listed, and hears nothing. */
  async function deaf(): Promise<Stage> {
    const s = stage()
    const heard = new MemoryBackplane(s.store)
    s.another({ backplane: altered(heard, { subscribe: () => () => {} }) })
    await s.settle()
    return s
  }

  test('P-ND-2: it is named unreachable, and the outcomes of the other nodes stand', async () => {
    const s = await deaf()
    const alice = await s.client('alice')
    const asked = s.hub.to('@alice').askAll('confirm', null, { timeout: 3_000 })
    await s.settle()
    await alice.say(['reply', 1, 'yes'])
    await s.advance(3_100)
    expect(await asked).toEqual({
      replies: [{ session: alice.id, user: 'alice', answer: 'yes' }],
      refused: [],
      timedOut: [],
      unreachable: [s.hubs[1]?.node],
    })
  })

  test('P-ND-2: an ask does not wait for it when a session answers, and else is a timeout, not not_found', async () => {
    const s = await deaf()
    const alice = await s.client('alice')
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await alice.say(['reply', 1, 'yes'])
    expect(await asked).toBe('yes')
    const lost = s.hub.to('@nobody').ask('confirm', null, { timeout: 3_000 })
    const told = expect(lost).rejects.toMatchObject({
      code: 'timeout',
      detail: { unreachable: [s.hubs[1]?.node] },
    })
    await s.advance(3_100)
    await told
  })

  test('sessions() is a timeout, whose detail has the sessions of the others', async () => {
    const s = await deaf()
    const alice = await s.client('alice')
    const told = expect(s.hub.to('@alice').sessions({ timeout: 3_000 })).rejects.toMatchObject({
      code: 'timeout',
      detail: {
        unreachable: [s.hubs[1]?.node],
        sessions: [{ session: alice.id, user: 'alice', node: s.hub.node }],
      },
    })
    await s.advance(3_100)
    await told
  })
})

test('P-ND-2: an ask that arrives twice is put to a session once (P-ND-3)', async () => {
  const s = stage({
    wrap: (real) =>
      altered(real, {
        publish: (...given) => {
          void real.publish(...given)
          return real.publish(...given)
        },
      }),
  })
  s.another()
  const alice = await s.client('alice', {}, 2)
  const asked = s.hub.to('@alice').askAll('confirm', null)
  await s.settle()
  expect(alice.frames('ask')).toHaveLength(1)
  await alice.say(['reply', 1, 'yes'])
  expect((await asked).replies).toEqual([{ session: alice.id, user: 'alice', answer: 'yes' }])
})

test('P-ND-2: a node that is not listed yet answers too', async () => {
  const s = stage()
  const hidden = new MemoryBackplane(s.store)
  s.another({
    backplane: altered(hidden, { presence: { ...hidden.presence, enter: () => new Promise(() => {}) } }),
  })
  const [alice, bob] = [await s.client('alice', {}, 2), await s.client('bob')]
  s.another()
  const asked = s.hub.to('*').askAll('confirm', null)
  await s.settle()
  await alice.say(['reply', 1, 'from a new node'])
  await bob.say(['reply', 1, 'yes'])
  expect((await asked).replies).toHaveLength(2)
})

test('an answer of another node is validated by the contract of the asking node', async () => {
  const dated = contract({
    events: {},
    asks: { when: { input: z.null(), output: z.iso.datetime().transform((text) => new Date(text)) } },
  })
  const s = stage({ contract: dated as never })
  s.another()
  const [alice, bob] = [await s.client('alice', {}, 2), await s.client('bob', {}, 2)]
  const asked = s.hub.to('*').askAll('when', null)
  await s.settle()
  await alice.say(['reply', 1, '2026-01-01T00:00:00Z'])
  await bob.say(['reply', 1, 'yesterday'])
  expect(await asked).toMatchObject({
    replies: [{ session: alice.id, answer: new Date('2026-01-01T00:00:00Z') }],
    refused: [{ session: bob.id, error: { code: 'bad_payload' } }],
  })
  expect(s.errors).toMatchObject([{ source: 'protocol', session: bob.id, subject: 'when' }])
})
