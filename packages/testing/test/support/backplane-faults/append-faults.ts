import type { AppendResult, LogHint } from '@chat/core/backplane'
import {
  appendAnew,
  type CaughtFault,
  fresh,
  nameOf,
  now,
  shared,
  withAppend,
  withHint,
  withKey,
} from './fault-builders.ts'

const sharedNames = shared(() => new Set<string>())
const sharedAnswers = shared(() => new Map<string, AppendResult>())
const sharedGreatest = shared(() => new Map<string, number>())

/** Faults of keys: repetitions, refs, hashes. */
const dedupeFaults: readonly CaughtFault[] = [
  ['stores every repetition', 'the same key again', withKey(() => ({ session: `s${fresh()}` }))],
  [
    'answers a repetition as if the asking node had stored it',
    'a duplicate and a find name the node that stored the message',
    withAppend((real) => (stream, message, key, expected) => ({
      ...now(real.append(stream, message, key, expected)),
      by: key.by,
    })),
  ],
  [
    'compares meta',
    'the meta of a message is no part',
    withAppend(
      (real) => (stream, message, key, expected) =>
        real.append(stream, message, { ...key, hash: `${key.hash}${message.meta}` }, expected),
    ),
  ],
  [
    'looks for a key, and then stores',
    'the same key from two nodes at once',
    withAppend((real, store) => async (...args) => {
      const [name, answers] = [nameOf(args[0], args[2]), sharedAnswers(store)]
      const known = answers.get(name)
      if (known !== undefined) return { ...known, outcome: 'duplicate' } as AppendResult
      await null
      const answer = now(appendAnew(real, args))
      answers.set(name, answer)
      return answer
    }),
  ],
  ['does not look at the hash', 'the same key with another event or data', withKey(() => ({ hash: '' }))],
  [
    'compares hashes as UTF-8',
    'hashes are compared exactly',
    withKey(({ hash }) => ({ hash: hash.replace(/\p{Surrogate}/gu, '\ufffd') })),
  ],
  ['does not look at the user', 'the same ref of another session', withKey(() => ({ user: '' }))],
  ['remembers too few refs', 'at least the last refs', withKey(() => ({ window: 2 }))],
  [
    'has a memory for each fifty refs',
    'at least the last refs',
    withKey(({ session, ref }) => ({ session: `${session}/${Math.floor(ref / 50)}` })),
  ],
  [
    'has one memory for all logs',
    'each stream has its own memory',
    withAppend((real, store) => (stream, message, key, expected) => {
      const greatest = sharedGreatest(store)
      if (key.ref < (greatest.get(key.session) ?? 0)) return { outcome: 'conflict' }
      greatest.set(key.session, key.ref)
      return real.append(stream, message, key, expected)
    }),
  ],
  [
    'stores a message on a find',
    'a find answers as an append',
    (real) => ({
      find: (stream, key) =>
        real.append(stream, { event: 'x', data: '0', meta: null, from: null, id: 'x' }, key),
    }),
  ],
  [
    'forgets the memory of a session too early',
    'a key is known for the window',
    withAppend((real, store) => (stream, message, key, expected) => {
      const age = Math.floor(store.runtime.now() / 50_000)
      return real.append(stream, message, { ...key, session: `${key.session}${age}` }, expected)
    }),
  ],
  [
    'forgets the refs of a session that can be resumed',
    'a ref is never stored again while its session',
    withAppend((real, store) => (stream, message, key, expected) => {
      const age = Math.floor(store.runtime.now() / 150_000)
      return real.append(stream, message, { ...key, session: `${key.session}${age}` }, expected)
    }),
  ],
  [
    'knows the keys only of messages that it keeps',
    'a repetition is recognised although the message itself',
    withAppend((real) => (...args) => {
      const answer = now(real.append(...args))
      const { base } = now(real.read(args[0], { after: 0, limit: 1 }))
      return answer.outcome === 'duplicate' && answer.at <= base ? appendAnew(real, args) : answer
    }),
  ],
]

const ignoresPreviousRefs = withKey(() => ({ previousRef: undefined }))

/** Faults of appends that name the ref before them. */
const pipeliningFaults: readonly CaughtFault[] = [
  ['ignores previous refs', 'an append whose previous ref is not known is early', ignoresPreviousRefs],
  [
    'remembers the ref of an early append',
    'an early append leaves no trace',
    withAppend((real, store) => (stream, message, key, expected) => {
      const greatest = sharedGreatest(store)
      if (key.ref < (greatest.get(key.session) ?? 0)) return { outcome: 'conflict' }
      greatest.set(key.session, key.ref)
      return real.append(stream, message, key, expected)
    }),
  ],
  [
    'knows the refs of every session',
    'a previous ref is known by its own session',
    withAppend((real, store) => (stream, message, key, expected) => {
      const { previousRef, ...rest } = key
      const known = sharedNames(store)
      known.add(String(key.ref))
      const given = known.has(String(previousRef)) ? rest : key
      return real.append(stream, message, given, expected)
    }),
  ],
  [
    'looks at the previous ref first',
    'a known key is answered first',
    withAppend((real, store) => (stream, message, key, expected) => {
      const { previousRef } = key
      const known = sharedNames(store)
      if (previousRef !== undefined && !known.has(nameOf(stream, { ...key, ref: previousRef })))
        return { outcome: 'early' }
      known.add(nameOf(stream, key))
      return real.append(stream, message, key, expected)
    }),
  ],
  [
    'changes the order of calls, as a client of a cluster does',
    '48 appends at once',
    withAppend((real) => async (stream, message, { previousRef: _, ...key }, expected) => {
      if (key.ref % 5 === 0) for (let n = 0; n < 10; n++) await null
      return real.append(stream, message, key, expected)
    }),
  ],
  ['ignores previous refs', 'appends of one session on two nodes at once', ignoresPreviousRefs],
]

const ignoresExpected = withAppend((real) => (stream, message, key) => real.append(stream, message, key))

/** Faults of appends to an expected position. */
const expectedFaults: readonly CaughtFault[] = [
  ['ignores the position', 'an append that expects an empty log', ignoresExpected],
  [
    'expects the last message of the same node',
    'an append that expects the newest entry',
    withAppend((real) => {
      let own = 0
      return (stream, message, key, expected) => {
        const answer = now(
          real.append(stream, message, key, expected && expected[1] === own ? expected : null),
        )
        if (answer.outcome === 'stored') own = answer.at
        return answer
      }
    }),
  ],
  [
    'compares only the offset',
    'an append that expects another position',
    withAppend((real) => (stream, message, key, expected) => {
      const { epoch, top, topId } = now(real.read(stream, { after: 0, limit: 1 }))
      const position = [epoch, top, topId] as const
      return real.append(stream, message, key, expected?.[1] === top ? position : expected)
    }),
  ],
  [
    'tells the first entry',
    'an append that expects another position',
    withAppend((real) => (stream, message, key, expected) => {
      const answer = now(real.append(stream, message, key, expected))
      const [first] = now(real.read(stream, { after: 0, limit: 1 })).entries
      return answer.outcome === 'overtaken' && first ? { ...answer, id: first.id } : answer
    }),
  ],
  [
    'compares, and then stores',
    'of two nodes that append to the same position',
    withAppend((real) => async (stream, message, key, expected) => {
      const { epoch, top, topId } = now(real.read(stream, { after: 0, limit: 1 }))
      await null
      if ((expected?.[1] ?? 0) === top) return real.append(stream, message, key)
      return { outcome: 'overtaken', epoch, at: top, id: topId, event: null }
    }),
  ],
  [
    'compares the position first',
    'a known key is answered before',
    withAppend((real) => (stream, message, key, expected) => {
      const { epoch, top, topId } = now(real.read(stream, { after: 0, limit: 1 }))
      if (expected === undefined || (expected?.[1] ?? 0) === top)
        return real.append(stream, message, key, expected)
      return { outcome: 'overtaken', epoch, at: top, id: topId, event: null }
    }),
  ],
  [
    'remembers the key of an overtaken append',
    'an overtaken append leaves no trace',
    withAppend((real, store) => (stream, message, key, expected) => {
      const used = sharedNames(store)
      if (used.has(nameOf(stream, key))) return { outcome: 'conflict' }
      const answer = now(real.append(stream, message, key, expected))
      if (answer.outcome === 'overtaken') used.add(nameOf(stream, key))
      return answer
    }),
  ],
  [
    'takes a log without entries for one that never had any',
    'a log whose entries have been trimmed',
    withAppend((real) => (stream, message, key, expected) => {
      const { epoch, entries } = now(real.read(stream, { after: 0, limit: 1 }))
      if (expected === undefined || entries.length > 0) return real.append(stream, message, key, expected)
      if (expected === null) return real.append(stream, message, key)
      return { outcome: 'overtaken', epoch, at: 0, id: null, event: null }
    }),
  ],
  ['ignores the position', 'an append that expects a position of a log that was forgotten', ignoresExpected],
]

/** Faults of hints. */
const hintFaults: readonly CaughtFault[] = [
  ['hints at another place', 'a hint tells every node', withHint(({ prev }) => ({ prev: prev + 1 }))],
  ['never hints', 'a hint tells every node', () => ({ tail: () => () => {} })],
  [
    'hints without meta',
    'a hint tells every node',
    withHint(({ entry }) => ({ entry: { ...entry, meta: null } })),
  ],
  [
    'hints only at some',
    'every message makes a hint',
    (real) => ({
      tail: (stream, listener) => real.tail(stream, (hint) => hint.entry.at % 10 === 0 || listener(hint)),
    }),
  ],
  [
    'reads before its tail is heard',
    'a tail and a read of 200 concurrent appends',
    (real, store) => ({
      tail(stream, listener) {
        let undo = (): void => {}
        const cancel = store.runtime.timer(25, () => {
          undo = real.tail(stream, listener)
        })
        return () => {
          cancel()
          undo()
        }
      },
    }),
  ],
  [
    'hints at every call',
    'an append that stores no message makes no hint',
    (real) => {
      const listeners = new Set<(hint: LogHint) => void>()
      return {
        tail(stream, listener) {
          listeners.add(listener)
          return real.tail(stream, listener)
        },
        append(stream, message, key, expected) {
          const answer = now(real.append(stream, message, key, expected))
          const entry = { ...message, at: 99, time: 1 }
          if (answer.outcome !== 'stored')
            for (const listener of listeners) listener({ epoch: 'e', prev: 1, entry })
          return answer
        },
      }
    },
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
    'ends a subscription for good',
    'a listener that comes back hears again',
    (real) => {
      const ended = new Set<string>()
      return {
        tail(stream, listener) {
          if (ended.has(stream)) return () => {}
          const undo = real.tail(stream, listener)
          return () => {
            ended.add(stream)
            undo()
          }
        },
      }
    },
  ],
]

/** Faults of appends. */
export const appendFaults: readonly CaughtFault[] = [
  ...dedupeFaults,
  ...pipeliningFaults,
  ...expectedFaults,
  ...hintFaults,
]
