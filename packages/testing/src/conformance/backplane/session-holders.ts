import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, upTo } from './cluster.ts'
import { dropSession, find, outcome, put, renew, take, taken } from './session-steps.ts'

/** Takes a session for a node, and returns the node that held it before. */
async function holderBefore(cluster: Cluster, secret: string, by: string, next: string): Promise<unknown> {
  const answer = await take(cluster, secret, { by, next })
  return answer.outcome === 'taken' ? answer.node : answer.outcome
}

async function confirm(cluster: Cluster, secret: string): Promise<void> {
  const generation = await taken(cluster, secret, { by: 'node9', next: `${secret}+` })
  await cluster.awaitAnswer('a confirm is answered', cluster.b.sessions.confirm('session1', generation))
}

/** Cases of the nodes that hold sessions, and of their end. */
export const sessionHolders: readonly BackplaneCase[] = [
  {
    name: 'a take tells the node that held the session before, unless that taking was not confirmed',
    async run(cluster) {
      await put(cluster)
      same(await holderBefore(cluster, 's0', 'node2', 's1'), 'node1', 'the node before the first take')
      same(await holderBefore(cluster, 's1', 'node3', 's2'), null, 'the node of a take without a confirm')
      await confirm(cluster, 's2')
      same(await holderBefore(cluster, 's2+', 'node4', 's3'), 'node9', 'the node of a take with a confirm')
    },
  },
  {
    name: 'a find tells user and node of a session that can be taken, on every node, and changes nothing',
    async run(cluster) {
      await put(cluster)
      await put(cluster, 'session2', { user: 'bob' })
      for (const node of [cluster.a, cluster.b]) {
        same(await find(cluster, 'session1', node), { user: 'alice', node: 'node1' }, 'the find after a put')
        same(await find(cluster, 'session2', node), { user: 'bob', node: 'node1' }, 'another session')
        same(await find(cluster, 'unknown', node), null, 'the find of an unknown session')
      }
      await taken(cluster, 's0', { by: 'node2', next: 's1' })
      for (const node of [cluster.a, cluster.b])
        same((await find(cluster, 'session1', node))?.user, 'alice', 'the user after a take')
      await confirm(cluster, 's1')
      const held = { user: 'alice', node: 'node9' }
      for (const node of [cluster.a, cluster.b]) same(await find(cluster, 'session1', node), held, 'the find')
      same(await outcome(cluster, 's1+', { next: 's3' }), 'taken', 'a take afterwards')
    },
  },
  {
    name: 'an attempt that fails changes neither the node of a session nor its user',
    async run(cluster) {
      await put(cluster)
      await confirm(cluster, 's0')
      const held = { user: 'alice', node: 'node9' }
      for (const attempt of [{ user: 'bob' }, { n: 0 }])
        await take(cluster, 's0+', { ...attempt, by: 'node5' })
      await take(cluster, 'wrong', { by: 'node5' })
      same(await find(cluster, 'session1'), held, 'the find')
    },
  },
  {
    name: 'a session that was dropped is not found; a session that is put later is',
    async run(cluster) {
      await put(cluster)
      await put(cluster, 'session2')
      await put(cluster, 'session3', { user: 'bob' })
      await dropSession(cluster, { id: 'session1' })
      same(await find(cluster, 'session1'), null, 'the find of a dropped session')
      same((await find(cluster, 'session2'))?.user, 'alice', 'the find of another session')
      await dropSession(cluster, { user: 'alice' })
      same(await find(cluster, 'session2'), null, 'the find of a session whose user was dropped')
      same((await find(cluster, 'session3'))?.user, 'bob', 'the find of a session of another user')
      await put(cluster, 'session4')
      same((await find(cluster, 'session4'))?.user, 'alice', 'the find of a session that was put later')
      same(await renew(cluster, 1, { id: 'session4' }), true, 'its renew')
    },
  },
  {
    name: 'a drop of a user drops all sessions that the user has at this moment, and each later drop the later ones',
    async run(cluster) {
      for (const round of upTo(3)) {
        const ids = upTo(30).map((n) => `session-${round}-${n}`)
        for (const id of ids) await put(cluster, id)
        await dropSession(cluster, { user: 'alice' })
        for (const id of ids) {
          same((await take(cluster, 's0', {}, id)).outcome, 'unknown', `a take of ${id}`)
          same(await renew(cluster, 1, { id }), false, `a renew of ${id}`)
        }
      }
    },
  },
  {
    name: 'a session that another node takes while its user is dropped can be taken by neither afterwards',
    async run(cluster) {
      for (const round of upTo(10)) {
        const id = `session-${round}`
        await put(cluster, id)
        const [attempt, drop] = [
          take(cluster, 's0', { next: 's1' }, id),
          dropSession(cluster, { user: 'alice' }),
        ]
        await Promise.all([attempt, drop])
        for (const secret of ['s0', 's1'])
          same((await take(cluster, secret, { n: 2 }, id)).outcome, 'unknown', `a take with ${secret}`)
        same(await find(cluster, id), null, 'the find afterwards')
      }
    },
  },
]
