import type { TakeResult } from '@chat/core/backplane'
import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import {
  dropSession,
  find,
  hash,
  longTime,
  outcome,
  put,
  renew,
  shortTime,
  take,
  taken,
} from './session-steps.ts'

/** Cases of session records (P-HS-4, P-HS-6). */
export const sessions: readonly BackplaneCase[] = [
  {
    name: 'a session that one node put can be taken on another, with a generation that grows',
    async run(cluster) {
      await put(cluster)
      const first = await taken(cluster, 's0', { next: 's1' })
      const second = await taken(cluster, 's1', { next: 's2', node: cluster.a })
      const third = await taken(cluster, 's2', { next: 's3' })
      same(first < second && second < third, true, `that ${first}, ${second}, ${third} grow`)
    },
  },
  {
    name: 'an unknown session, a wrong secret and another user have the same outcome, and change no record',
    async run(cluster) {
      await put(cluster)
      same(await take(cluster, 's0', {}, 'session2'), { outcome: 'unknown' }, 'an unknown session')
      same(await take(cluster, 'wrong', { n: 9 }), { outcome: 'unknown' }, 'a wrong secret')
      same(await take(cluster, 's0', { user: 'bob', n: 9 }), { outcome: 'unknown' }, 'another user')
      same(await take(cluster, '', { n: 9 }), { outcome: 'unknown' }, 'no secret')
      same(await outcome(cluster, 's0', { n: 1 }), 'taken', 'the right secret afterwards')
    },
  },
  {
    name: 'an attempt that is not newer than an earlier attempt with that secret is stale, and changes no record',
    async run(cluster) {
      await put(cluster)
      await taken(cluster, 's0', { n: 3, next: 's1' })
      for (const n of [3, 2, 1])
        same(await outcome(cluster, 's0', { n, next: 'late' }), 'stale', `attempt ${n} after 3`)
      same(await outcome(cluster, 'late'), 'unknown', 'the secret of a stale attempt')
      same(
        await outcome(cluster, 's1', { n: 1, next: 's2' }),
        'taken',
        'the newest secret, whose attempts count from 1',
      )
    },
  },
  {
    name: 'after a lost welcome the older secret works again, and the secret that it names replaces the newest',
    async run(cluster) {
      await put(cluster)
      await taken(cluster, 's0', { n: 1, next: 'lost1' })
      await taken(cluster, 's0', { n: 2, next: 'lost2' })
      await taken(cluster, 's0', { n: 3, next: 's1' })
      same(await outcome(cluster, 'lost1'), 'unknown', 'a secret that was replaced')
      same(await outcome(cluster, 'lost2'), 'unknown', 'a secret that was replaced')
      await taken(cluster, 's1', { n: 1, next: 's2' })
      same(await outcome(cluster, 's0', { n: 4 }), 'unknown', 'a secret two exchanges old')
    },
  },
  {
    name: 'once the newest secret has proven to have arrived, the older one is dead',
    async run(cluster) {
      await put(cluster)
      const generation = await taken(cluster, 's0', { next: 's1' })
      await cluster.awaitAnswer('a confirm is answered', cluster.a.sessions.confirm('session1', generation))
      same(await outcome(cluster, 's0', { n: 2 }), 'unknown', 'the older secret')
      same(await outcome(cluster, 's1', { n: 1 }), 'taken', 'the newest secret')
    },
  },
  {
    name: 'a confirm or renew of an older generation has no effect',
    async run(cluster) {
      await put(cluster)
      const old = await taken(cluster, 's0', { n: 1, next: 's1' })
      const current = await taken(cluster, 's0', { n: 2, next: 's2' })
      await cluster.awaitAnswer('a confirm is answered', cluster.a.sessions.confirm('session1', old))
      same(await renew(cluster, old, { lastRef: 99, node: cluster.a }), true, 'the answer to a renew')
      const answer = await take(cluster, 's0', { n: 3, next: 's3' })
      same(answer.outcome, 'taken', 'the older secret, which the newest generation has not confirmed')
      same(
        answer.outcome === 'taken' && answer.lastRef,
        0,
        'the last ref, which an older generation has renewed',
      )
      same(answer.outcome === 'taken' && answer.generation > current, true, 'that the generation grows')
    },
  },
  {
    name: 'when two nodes take a session at once, one of them gets it and one is stale',
    async run(cluster) {
      for (let round = 0; round < 10; round++) {
        const id = `session-${round}`
        await put(cluster, id)
        const attempt = { user: 'alice', secret: hash('s0'), n: 1 }
        const answers = [cluster.a, cluster.b].map((node, n) =>
          node.sessions.take(id, { ...attempt, next: hash(`s${n + 1}`), node: `node${n + 1}` }, longTime),
        )
        const got: TakeResult[] = []
        for (const answer of answers) got.push(await cluster.awaitAnswer('a take is answered', answer))
        same(got.map((one) => one.outcome).sort(), ['stale', 'taken'], 'the outcomes')
      }
    },
  },
  {
    name: 'the greatest ref of a session is kept',
    async run(cluster) {
      await put(cluster)
      const generation = await taken(cluster, 's0', { next: 's1' })
      for (const lastRef of [7, 41, 12]) await renew(cluster, generation, { lastRef })
      const answer = await take(cluster, 's1', { next: 's2' })
      same(answer.outcome === 'taken' && answer.lastRef, 41, 'the last ref')
    },
  },
  {
    name: 'a session that was dropped is unknown; other sessions stay',
    async run(cluster) {
      await put(cluster)
      await put(cluster, 'session2')
      await taken(cluster, 's0', { next: 's1' })
      await dropSession(cluster, { id: 'session1' })
      same(await outcome(cluster, 's1'), 'unknown', 'the session that was dropped')
      same(await outcome(cluster, 's0', { n: 2 }), 'unknown', 'its older secret')
      same((await take(cluster, 's0', {}, 'session2')).outcome, 'taken', 'another session')
    },
  },
  {
    name: 'a drop of a user drops sessions of any generation, and no session of another user',
    async run(cluster) {
      await put(cluster)
      await put(cluster, 'session2')
      await put(cluster, 'session3', { user: 'bob' })
      await taken(cluster, 's0', { next: 's1' })
      await dropSession(cluster, { user: 'alice' })
      await put(cluster, 'session4')
      same(await outcome(cluster, 's1'), 'unknown', 'a session that was taken before')
      same((await take(cluster, 's0', {}, 'session2')).outcome, 'unknown', 'a session that was only put')
      same(
        (await take(cluster, 's0', { user: 'bob' }, 'session3')).outcome,
        'taken',
        'a session of another user',
      )
      same((await take(cluster, 's0', {}, 'session4')).outcome, 'taken', 'a session that was put afterwards')
    },
  },
  {
    name: 'a renew returns false for a session that was dropped, and true for all others',
    async run(cluster) {
      await put(cluster)
      const generation = await taken(cluster, 's0', { next: 's1' })
      await put(cluster, 'session2')
      await put(cluster, 'session3', { user: 'bob' })
      same(await renew(cluster, generation), true, 'a session that is there')
      same(await renew(cluster, 1, { id: 'unknown' }), true, 'an unknown session')
      await dropSession(cluster, { user: 'alice' })
      await put(cluster, 'session4')
      for (const node of [cluster.a, cluster.b, cluster.a]) {
        same(await renew(cluster, generation, { node }), false, 'a session that was dropped')
        same(await renew(cluster, 1, { id: 'session2', node }), false, 'another session of this user')
        same(
          await renew(cluster, 1, { id: 'session3', user: 'bob', node }),
          true,
          'a session of another user',
        )
        same(await renew(cluster, 1, { id: 'session4', node }), true, 'a session that was put afterwards')
      }
      await dropSession(cluster, { id: 'session4' })
      same(await renew(cluster, 1, { id: 'session4' }), false, 'a session that was dropped by its id')
    },
  },
  {
    name: 'operations on an unknown session have no effect',
    async run(cluster) {
      await cluster.awaitAnswer('a confirm is answered', cluster.a.sessions.confirm('unknown', 1))
      await renew(cluster, 1, { id: 'unknown' })
      await dropSession(cluster, { id: 'unknown' })
      same((await take(cluster, 's0', {}, 'unknown')).outcome, 'unknown', 'a take afterwards')
    },
  },
  {
    name: 'a record lives for its time after put, take and renew, and then no longer',
    needs: ['advance'],
    async run(cluster) {
      const ttl = shortTime
      await put(cluster, 'session1', { ttl })
      await cluster.bench.advance?.(ttl * 0.7)
      const generation = await taken(cluster, 's0', { next: 's1', ttl })
      await cluster.bench.advance?.(ttl * 0.7)
      await renew(cluster, generation, { ttl })
      await cluster.bench.advance?.(ttl * 0.7)
      await taken(cluster, 's1', { next: 's2', ttl })
      await cluster.bench.advance?.(ttl * 1.5)
      same(await find(cluster, 'session1'), null, 'the find of a session whose time is over')
      same(await outcome(cluster, 's2'), 'unknown', 'a session whose time is over')
    },
  },
  {
    name: 'a renew tells of a drop until the record would have expired',
    needs: ['advance'],
    async run(cluster) {
      const ttl = shortTime
      await put(cluster, 'session1', { ttl })
      await put(cluster, 'session2', { ttl })
      await dropSession(cluster, { id: 'session1' })
      await dropSession(cluster, { user: 'alice' })
      await cluster.bench.advance?.(ttl * 0.7)
      for (const id of ['session1', 'session2'])
        same(await renew(cluster, 1, { id, ttl }), false, 'the answer to a late renew')
    },
  },
  {
    name: 'users are data: their names are compared exactly, with any characters',
    async run(cluster) {
      const users = ['é', 'e\u0301', '👋', 'a:b', '*', '__proto__', ' ', 'A', 'a', 'u'.repeat(255)]
      for (const [n, user] of users.entries()) await put(cluster, `session-${n}`, { user })
      for (const [n, user] of users.entries()) {
        const id = `session-${n}`
        for (const other of users)
          if (other !== user)
            same((await take(cluster, 's0', { user: other }, id)).outcome, 'unknown', `${other} as ${user}`)
        same((await take(cluster, 's0', { user }, id)).outcome, 'taken', user)
      }
      await dropSession(cluster, { user: '*' })
      for (const [n, user] of users.entries())
        same(
          (await take(cluster, 'next', { user }, `session-${n}`)).outcome,
          user === '*' ? 'unknown' : 'taken',
          `${user}, after * was dropped`,
        )
    },
  },
]
