import type { AppendKey, LogHint, LogPage, SessionStore } from '@chat/core/backplane'
import type { MemoryBackplane } from '@chat/core/memory'
import { describe, expect, it } from 'vitest'
import { type Fault, fails } from '../support/faulty-backplane.ts'

const withPage = (change: (page: LogPage) => Partial<LogPage>): Fault => {
  return (real) => ({
    read(stream, range) {
      const page = real.read(stream, range) as LogPage
      return { ...page, ...change(page) }
    },
  })
}

const withKey = (change: (key: AppendKey) => Partial<AppendKey>): Fault => {
  return (real) => ({
    append: (stream, message, key) => real.append(stream, message, { ...key, ...change(key) }),
  })
}

const withHint = (change: (hint: LogHint) => Partial<LogHint>): Fault => {
  return (real) => ({
    tail: (stream, listener) => real.tail(stream, (hint) => listener({ ...hint, ...change(hint) })),
  })
}

const withStream = (change: (stream: string) => string): Fault => {
  return (real) => ({
    append: (stream, message, key) => real.append(change(stream), message, key),
    read: (stream, range) => real.read(change(stream), range),
    tail: (stream, listener) => real.tail(change(stream), listener),
  })
}

const withSessions = (change: (real: SessionStore) => Partial<SessionStore>): Fault => {
  return (real) => ({ sessions: { ...real.sessions, ...change(real.sessions) } })
}

let counter = 0

const faults: readonly [fault: string, fails: string, fault: Fault][] = [
  ['stores every repetition', 'the same key again', withKey(() => ({ session: `s${++counter}` }))],
  ['does not look at the hash', 'the same key with another event or data', withKey(() => ({ hash: '' }))],
  [
    'compares hashes as UTF-8',
    'hashes are compared exactly',
    withKey(({ hash }) => ({ hash: hash.replace(/\p{Surrogate}/gu, '\ufffd') })),
  ],
  ['does not look at the user', 'the same ref of another session', withKey(() => ({ user: '' }))],
  [
    'answers a repetition as if the asking node had stored it',
    'a duplicate and a find name the node that stored the message',
    (real) => ({
      append: async (stream, message, key) => ({ ...(await real.append(stream, message, key)), by: key.by }),
    }),
  ],
  ['remembers too few refs', 'the last refs of a session', withKey(() => ({ window: 2 }))],
  ['remembers all refs', 'the last refs of a session', withKey(() => ({ window: 1_000 }))],
  [
    'forgets the memory of a session too early',
    'a key is known for the window',
    (_real, store) => ({
      append: (stream, message, key) =>
        store.append(stream, message, {
          ...key,
          session: `${key.session}${Math.floor(store.runtime.now() / 50_000)}`,
        }),
    }),
  ],
  [
    'stores a message on a find',
    'a find answers as an append',
    (real) => ({
      find: (stream, key) =>
        real.append(stream, { event: 'x', data: 0, json: '0', from: null, id: 'x' }, key),
    }),
  ],
  ['says that there is more', 'reading forwards', withPage(() => ({ more: true }))],
  [
    'reads one too many',
    'reading forwards',
    (real) => ({
      read: (stream, range) => real.read(stream, { ...range, limit: range.limit + 1 }),
    }),
  ],
  [
    'reads from the place itself',
    'reading forwards',
    (real) => ({
      read: (stream, range) =>
        real.read(stream, 'after' in range ? { ...range, after: range.after - 1 } : range),
    }),
  ],
  ['does not know the id at a place', 'reading forwards', withPage(() => ({ afterId: null }))],
  ['has no `prev`', 'reading forwards', withPage(() => ({ prev: 0 }))],
  [
    'reads back the newest first',
    'reading back',
    withPage(({ entries }) => ({ entries: [...entries].reverse() })),
  ],
  [
    'does not tell its `base`',
    '`base` is the offset of the last entry that was removed, with its id (BP-09)',
    withPage(() => ({ base: 0, baseId: null })),
  ],
  [
    'makes up an epoch for a stream it does not know',
    'an unknown stream',
    withPage(({ exists, epoch }) => ({
      epoch: exists ? epoch : `e${++counter}`,
    })),
  ],
  [
    'bumps whatever is named',
    'a bump gives a new epoch',
    (real, store) => ({
      bump: (stream) => real.bump(stream, store.read(stream, { after: 0, limit: 1 }).epoch),
    }),
  ],
  ['does not bump', 'a bump gives a new epoch', () => ({ bump() {} })],
  ['does not tell upper case from lower', 'names are data', withStream((stream) => stream.toLowerCase())],
  ['normalises names', 'names are data', withStream((stream) => stream.normalize())],
  ['cuts long names', 'names are data', withStream((stream) => stream.slice(0, 250))],
  ['writes names into a path', 'names are data', withStream((stream) => stream.replace('\\', '/'))],
  [
    'mixes channels up',
    'names are data',
    (real) => ({
      publish: (_channel, value) => real.publish('all', value),
      subscribe: (_channel, listener) => real.subscribe('all', listener),
    }),
  ],
  ['hints at another place', 'a hint tells every node', withHint(({ prev }) => ({ prev: prev + 1 }))],
  ['never hints', 'a hint tells every node', () => ({ tail: () => () => {} })],
  [
    'hints only at some',
    'every message makes a hint',
    (real) => ({
      tail: (stream, listener) => real.tail(stream, (hint) => hint.entry.at % 10 === 0 || listener(hint)),
    }),
  ],
  [
    'goes on after the undo',
    'listeners of a stream do not disturb',
    (real) => ({
      tail(stream, listener) {
        real.tail(stream, listener)
        return () => {}
      },
    }),
  ],
  [
    'does not hear itself',
    'a publish reaches every subscriber',
    (real) => {
      let own = false
      return {
        publish(channel, value) {
          own = true
          real.publish(channel, value)
          own = false
        },
        subscribe: (channel, listener) => real.subscribe(channel, (value) => own || listener(value)),
      }
    },
  ],
  [
    'listens on when it is closed',
    'a closed node gets no hints, and the other nodes go on',
    () => ({ async close() {} }),
  ],
  [
    'takes any secret',
    'an unknown session',
    withSessions((real) => ({
      take: (id, attempt, ttl) => {
        const answer = real.take(id, attempt, ttl)
        return attempt.user === 'alice' && id === 'session1'
          ? { outcome: 'taken', generation: 1, lastRef: 0 }
          : answer
      },
    })),
  ],
  [
    'counts no attempts',
    'an attempt that is not newer',
    withSessions((real) => ({
      take: (id, attempt, ttl) => real.take(id, { ...attempt, n: ++counter }, ttl),
    })),
  ],
  [
    'kills the older secret at once',
    'after a lost welcome the older secret works again, and the secret that it names replaces the newest',
    withSessions((real) => ({
      take(id, attempt, ttl) {
        const answer = real.take(id, attempt, ttl)
        if ('outcome' in answer && answer.outcome === 'taken') void real.confirm(id, answer.generation)
        return answer
      },
    })),
  ],
  ['keeps the older secret', 'once the newest secret has proven', withSessions(() => ({ confirm() {} }))],
  [
    'renews for older generations',
    'a confirm or renew of an older generation has no effect',
    withSessions((real) => ({
      renew: (id, generation, lastRef, ttl) => real.renew(id, generation + 1, lastRef, ttl),
    })),
  ],
  [
    'drops only one session of a user',
    'a drop of a user drops sessions of any generation, and no session of another user',
    withSessions((real) => ({ drop: () => real.drop({ id: 'session1' }) })),
  ],
  [
    'does not tell of a dropped session',
    'a renew returns false for a session that was dropped, and true for all others',
    withSessions((real) => ({
      async renew(id, generation, lastRef, ttl) {
        await real.renew(id, generation, lastRef, ttl)
        return true
      },
    })),
  ],
  [
    'forgets the greatest ref',
    'the greatest ref',
    withSessions((real) => ({
      renew: (id, generation, _lastRef, ttl) => real.renew(id, generation, 12, ttl),
    })),
  ],
  [
    'never forgets a session',
    'a record lives for its time',
    withSessions((real) => ({
      take: (id, attempt, ttl) => real.take(id, attempt, ttl * 1_000),
    })),
  ],
  [
    'shares everything between clusters',
    'two clusters',
    (real) => {
      everyone ??= real
      return {
        subscribe: (channel, listener) => everyone?.subscribe(channel, listener) ?? (() => {}),
        publish: (c, v) => everyone?.publish(c, v),
      }
    },
  ],
]
let everyone: MemoryBackplane | undefined

describe('the conformance suite catches a backplane that', () => {
  it.each(faults)('%s', async (_fault, only, fault) => {
    expect(await fails(() => ({}), only)).toBe(false)
    expect(await fails(fault, only)).toBe(true)
  })
})
