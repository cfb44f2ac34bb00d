import type { Backplane, TakeResult } from '@chat/core/backplane'
import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import type { Cluster } from './cluster.ts'

const ttl = 120_000

interface Attempt {
  readonly node?: Backplane
  readonly user?: string
  readonly n?: number
  readonly next?: string
}

/** Returns a stand-in for the hash of a secret: 64 hexadecimal digits. */
const hash = (name: string): string =>
  [...name.padEnd(32, '.')].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')

async function put(cluster: Cluster, id = 'session1', user = 'alice'): Promise<void> {
  await cluster.awaitAnswer(
    'a put is answered',
    cluster.a.sessions.put({ id, user, secret: hash('s0') }, ttl),
  )
}

function take(cluster: Cluster, secret: string, attempt: Attempt = {}, id = 'session1'): Promise<TakeResult> {
  const { node = cluster.b, user = 'alice', n = 1, next = 'next' } = attempt
  return cluster.awaitAnswer(
    'a take is answered',
    node.sessions.take(id, { user, secret: hash(secret), n, next: hash(next) }, ttl),
  )
}

async function outcome(cluster: Cluster, secret: string, attempt: Attempt = {}): Promise<string> {
  return (await take(cluster, secret, attempt)).outcome
}

/** Takes a session, which must succeed, and returns its generation. */
async function taken(cluster: Cluster, secret: string, attempt: Attempt = {}): Promise<number> {
  const answer = await take(cluster, secret, attempt)
  same(answer.outcome, 'taken', `a take with ${secret}`)
  return answer.outcome === 'taken' ? answer.generation : 0
}

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
      const { sessions: store } = cluster.a
      await cluster.awaitAnswer('a confirm is answered', store.confirm('session1', old))
      await cluster.awaitAnswer('a renew is answered', store.renew('session1', old, 99, ttl))
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
        const attempt = (next: string) => ({ user: 'alice', secret: hash('s0'), n: 1, next: hash(next) })
        const answers = [cluster.a, cluster.b].map((node, n) =>
          node.sessions.take(id, attempt(`s${n + 1}`), ttl),
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
      for (const lastRef of [7, 41, 12])
        await cluster.awaitAnswer(
          'a renew is answered',
          cluster.b.sessions.renew('session1', generation, lastRef, ttl),
        )
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
      await cluster.awaitAnswer('a drop is answered', cluster.b.sessions.drop({ id: 'session1' }))
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
      await put(cluster, 'session3', 'bob')
      await taken(cluster, 's0', { next: 's1' })
      await cluster.awaitAnswer('a drop is answered', cluster.a.sessions.drop({ user: 'alice' }))
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
      const renew = (id: string) =>
        cluster.awaitAnswer('a renew is answered', cluster.b.sessions.renew(id, generation, 1, ttl))
      same(await renew('session1'), true, 'a session that is there')
      same(await renew('unknown'), true, 'an unknown session')
      await cluster.awaitAnswer('a drop is answered', cluster.a.sessions.drop({ user: 'alice' }))
      same(await renew('session1'), false, 'a session that was dropped')
      same(await renew('session1'), false, 'the same, asked again')
    },
  },
  {
    name: 'operations on an unknown session have no effect',
    async run(cluster) {
      const { sessions: store } = cluster.a
      await cluster.awaitAnswer('a confirm is answered', store.confirm('unknown', 1))
      await cluster.awaitAnswer('a renew is answered', store.renew('unknown', 1, 5, ttl))
      await cluster.awaitAnswer('a drop is answered', store.drop({ id: 'unknown' }))
      same((await take(cluster, 's0', {}, 'unknown')).outcome, 'unknown', 'a take afterwards')
    },
  },
  {
    name: 'a record lives for its time after put, take and renew, and then no longer',
    needs: ['advance'],
    async run(cluster) {
      await put(cluster)
      await cluster.bench.advance?.(ttl * 0.8)
      const generation = await taken(cluster, 's0', { next: 's1' })
      await cluster.bench.advance?.(ttl * 0.8)
      await cluster.awaitAnswer(
        'a renew is answered',
        cluster.a.sessions.renew('session1', generation, 1, ttl),
      )
      await cluster.bench.advance?.(ttl * 0.8)
      await taken(cluster, 's1', { next: 's2' })
      await cluster.bench.advance?.(ttl * 1.2)
      same(await outcome(cluster, 's2'), 'unknown', 'a session whose time is over')
    },
  },
  {
    name: 'users are data: their names are compared exactly, with any characters',
    async run(cluster) {
      const users = ['é', 'e\u0301', '👋', 'a:b', '*', '__proto__', ' ', 'A', 'a', 'u'.repeat(255)]
      for (const [n, user] of users.entries()) await put(cluster, `session-${n}`, user)
      for (const [n, user] of users.entries()) {
        const id = `session-${n}`
        for (const other of users)
          if (other !== user)
            same((await take(cluster, 's0', { user: other }, id)).outcome, 'unknown', `${other} as ${user}`)
        same((await take(cluster, 's0', { user }, id)).outcome, 'taken', user)
      }
      await cluster.awaitAnswer('a drop is answered', cluster.a.sessions.drop({ user: '*' }))
      for (const [n, user] of users.entries())
        same(
          (await take(cluster, 'next', { user }, `session-${n}`)).outcome,
          user === '*' ? 'unknown' : 'taken',
          `${user}, after * was dropped`,
        )
    },
  },
]
