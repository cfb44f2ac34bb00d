import { ChatError } from '@chat/core'
import type { SessionRecord, TakeResult } from '@chat/core/backplane'
import { type CaughtFault, fresh, now, shared, withSessions } from './fault-builders.ts'

const sharedHolders = shared(() => new Map<string, string>())
const sharedRecords = shared(() => new Map<string, { user: string; node: string }>())
const sharedUsers = shared(() => new Set<string>())

const withUsers = (change: (user: string) => string): CaughtFault[2] =>
  withSessions((real) => ({
    put: (record, node, ttl) => real.put({ ...record, user: change(record.user) }, node, ttl),
    take: (id, attempt, ttl) => real.take(id, { ...attempt, user: change(attempt.user) }, ttl),
    drop: (which) => real.drop('user' in which ? { user: change(which.user) } : which),
  }))

const withTaken = (change: (answer: Extract<TakeResult, { outcome: 'taken' }>) => object): CaughtFault[2] =>
  withSessions((real) => ({
    take(id, attempt, ttl) {
      const answer = now(real.take(id, attempt, ttl))
      return answer.outcome === 'taken' ? { ...answer, ...change(answer) } : answer
    },
  }))

const countsNoAttempts = withSessions((real) => ({
  take: (id, attempt, ttl) => real.take(id, { ...attempt, n: fresh() }, ttl),
}))

/** Faults of sessions. */
export const sessionFaults: readonly CaughtFault[] = [
  [
    'has one generation',
    'a session that one node put can be taken on another',
    withTaken(() => ({ generation: 1 })),
  ],
  [
    'takes any secret',
    'an unknown session',
    withSessions((real) => ({
      take: (id, attempt, ttl) => {
        const answer = real.take(id, attempt, ttl)
        return attempt.user === 'alice' && id === 'session1'
          ? { outcome: 'taken', generation: 1, lastRef: 0, node: null }
          : answer
      },
    })),
  ],
  ['counts no attempts', 'an attempt that is not newer', countsNoAttempts],
  [
    'kills the older secret at once',
    'after a lost welcome the older secret works again, and the secret that it names replaces the newest',
    withSessions((real) => ({
      take(id, attempt, ttl) {
        const answer = now(real.take(id, attempt, ttl))
        if (answer.outcome === 'taken') void real.confirm(id, answer.generation)
        return answer
      },
    })),
  ],
  ['keeps the older secret', 'once the newest secret has proven', withSessions(() => ({ confirm() {} }))],
  [
    'renews for older generations',
    'a confirm or renew of an older generation has no effect',
    withSessions((real) => ({
      renew: (session, generation, lastRef, ttl) => real.renew(session, generation + 1, lastRef, ttl),
    })),
  ],
  ['counts no attempts', 'when two nodes take a session at once', countsNoAttempts],
  [
    'forgets the greatest ref',
    'the greatest ref',
    withSessions((real) => ({
      renew: (session, generation, _lastRef, ttl) => real.renew(session, generation, 12, ttl),
    })),
  ],
  ['drops no session', 'a session that was dropped is unknown', withSessions(() => ({ drop() {} }))],
  [
    'drops only one session of a user',
    'a drop of a user drops sessions of any generation, and no session of another user',
    withSessions((real) => ({ drop: () => real.drop({ id: 'session1' }) })),
  ],
  [
    'does not tell of a dropped session',
    'a renew returns false for a session that was dropped, and true for all others',
    withSessions((real) => ({
      async renew(session, generation, lastRef, ttl) {
        await real.renew(session, generation, lastRef, ttl)
        return true
      },
    })),
  ],
  [
    'tells the drop of a user to its later sessions, too',
    'a renew returns false for a session that was dropped, and true for all others',
    withSessions((real, store) => ({
      drop(which) {
        if ('user' in which) sharedUsers(store).add(which.user)
        return real.drop(which)
      },
      renew: (session, generation, lastRef, ttl) =>
        sharedUsers(store).has(session.user) ? false : real.renew(session, generation, lastRef, ttl),
    })),
  ],
  [
    'fails for an unknown session',
    'operations on an unknown session',
    withSessions((real) => ({
      drop(which) {
        if ('id' in which && now(real.find(which.id)) === null)
          throw new ChatError('not_found', 'unable to drop')
        return real.drop(which)
      },
    })),
  ],
  [
    'never forgets a session',
    'a record lives for its time',
    withSessions((real) => ({ take: (id, attempt, ttl) => real.take(id, attempt, ttl * 1_000) })),
  ],
  [
    'forgets a drop too early',
    'a renew tells of a drop until',
    withSessions((real, store) => ({
      renew: (session, generation, lastRef, ttl) =>
        store.runtime.now() > 50_000 || real.renew(session, generation, lastRef, ttl),
    })),
  ],
  ['normalises users', 'users are data', withUsers((user) => user.normalize())],
  ['does not know the node before', 'a take tells the node', withTaken(() => ({ node: null }))],
  [
    'tells the node of a take that was not confirmed',
    'a take tells the node',
    withSessions((real, store) => ({
      take(id, attempt, ttl) {
        const answer = now(real.take(id, attempt, ttl))
        const node = sharedHolders(store).get(id) ?? 'node1'
        sharedHolders(store).set(id, attempt.node)
        return answer.outcome === 'taken' ? { ...answer, node } : answer
      },
    })),
  ],
  [
    'finds every session',
    'a find tells user and node',
    withSessions((real) => ({ find: (id) => now(real.find(id)) ?? { user: 'alice', node: null } })),
  ],
  [
    'takes a session that is looked up',
    'a find tells user and node',
    withSessions((real) => ({
      find(id) {
        const found = now(real.find(id))
        if (found !== null) void real.drop({ id })
        return found
      },
    })),
  ],
  [
    'names the node of an attempt that failed',
    'an attempt that fails changes neither',
    withSessions((real, store) => ({
      take(id, attempt, ttl) {
        sharedHolders(store).set(id, attempt.node)
        return real.take(id, attempt, ttl)
      },
      find(id) {
        const found = now(real.find(id))
        return found === null ? null : { ...found, node: sharedHolders(store).get(id) ?? found.node }
      },
    })),
  ],
  [
    'finds dropped sessions',
    'a session that was dropped is not found',
    withSessions((real, store) => ({
      put(record: SessionRecord, node, ttl) {
        sharedRecords(store).set(record.id, { user: record.user, node })
        return real.put(record, node, ttl)
      },
      find: (id) => sharedRecords(store).get(id) ?? null,
    })),
  ],
  [
    'drops the sessions of a user once',
    'a drop of a user drops all sessions that the user has',
    withSessions((real, store) => ({
      drop(which) {
        if ('user' in which && sharedUsers(store).has(which.user)) return
        if ('user' in which) sharedUsers(store).add(which.user)
        return real.drop(which)
      },
    })),
  ],
  [
    'writes a session back that was dropped meanwhile',
    'a session that another node takes while its user is dropped',
    withSessions((real) => ({
      async take(id, attempt, ttl) {
        const answer = now(real.take(id, attempt, ttl))
        await null
        if (answer.outcome === 'taken')
          await real.put({ id, user: attempt.user, secret: attempt.next }, attempt.node, ttl)
        return answer
      },
    })),
  ],
]
