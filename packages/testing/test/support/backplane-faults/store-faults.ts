import type { AppendResult } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import {
  appendAnew,
  type CaughtFault,
  nameOf,
  now,
  shared,
  withAppend,
  withSessions,
} from './fault-builders.ts'

const lastTexts = shared(() => new Map<string, string>())
const sharedAnswers = shared(() => new Map<string, AppendResult>())
const sharedFailures = shared(() => new Set<string>())
const otherStores = shared(() => ({ made: null as MemoryBackplane | null }))

/** Faults of channels, and of a store that fails. */
export const storeFaults: readonly CaughtFault[] = [
  [
    'does not hear itself',
    'a publish reaches every subscriber',
    (real) => {
      let own = false
      return {
        publish(channel, text) {
          own = true
          real.publish(channel, text)
          own = false
        },
        subscribe: (channel, listener) => real.subscribe(channel, (text) => own || listener(text)),
      }
    },
  ],
  [
    'trims texts',
    'a publish reaches every subscriber',
    (real) => ({ publish: (channel, text) => real.publish(channel, text.replaceAll('\u2028', ' ')) }),
  ],
  [
    'keeps the last text for later subscribers',
    'a publish is not stored',
    (real, store) => ({
      publish(channel, text) {
        lastTexts(store).set(channel, text)
        return real.publish(channel, text)
      },
      subscribe(channel, listener) {
        const last = lastTexts(store).get(channel)
        if (last !== undefined) listener(last)
        return real.subscribe(channel, listener)
      },
    }),
  ],
  [
    'mixes channels up',
    'names are data',
    (real) => ({
      publish: (_channel, text) => real.publish('all', text),
      subscribe: (_channel, listener) => real.subscribe('all', listener),
    }),
  ],
  ['never answers a probe', 'a probe is answered', () => ({ probe: () => new Promise<void>(() => {}) })],
  [
    'listens on when it is closed',
    'a closed node gets no hints, and the other nodes go on',
    () => ({ async close() {} }),
  ],
  [
    'makes up answers when its store is out of reach',
    'out of reach, every operation',
    (_real, store) => ({ find: (stream, key) => store.find(stream, key) }),
    1,
  ],
  [
    'does not listen again after an outage',
    'at each end of an outage',
    (real) => {
      let out = false
      return {
        tail: (stream, listener) => real.tail(stream, (hint) => out || listener(hint)),
        async probe() {
          try {
            await real.probe()
          } catch (error) {
            out = true
            throw error
          }
        },
      }
    },
    1,
  ],
  [
    'tells only of the first outage',
    'at each end of an outage',
    (real) => ({
      onReconnect(listener) {
        const undo = real.onReconnect(() => {
          undo()
          listener()
        })
        return undo
      },
    }),
    1,
  ],
  [
    'drops the operations under way when it closes',
    'a close lets the operations under way',
    (real) => {
      let closed = false
      return {
        async append(...args) {
          await null
          return closed ? new Promise<AppendResult>(() => {}) : real.append(...args)
        },
        close() {
          closed = true
          return real.close()
        },
      }
    },
  ],
  [
    'stores a message again whose answer was lost',
    'an append whose answer is lost',
    withAppend((real, store) => async (...args) => {
      const [failures, name] = [sharedFailures(store), nameOf(args[0], args[2])]
      if (failures.has(name)) return appendAnew(real, args)
      try {
        return await real.append(...args)
      } catch (error) {
        failures.add(name)
        throw error
      }
    }),
    1,
  ],
  [
    'takes an append whose answer was lost for unknown',
    'an append behind one whose answer is lost',
    withAppend((real, store) => async (stream, message, key, expected) => {
      const { previousRef } = key
      const before = previousRef === undefined ? '' : nameOf(stream, { ...key, ref: previousRef })
      if (sharedFailures(store).has(before)) return { outcome: 'early' }
      try {
        return await real.append(stream, message, key, expected)
      } catch (error) {
        sharedFailures(store).add(nameOf(stream, key))
        throw error
      }
    }),
    1,
  ],
  [
    'fails at a record that it has',
    'every other operation whose answer is lost',
    withSessions((real, store) => ({
      async put(record, node, ttl) {
        if (store.sessions.find(record.id) !== null) throw new Error('the record exists')
        return real.put(record, node, ttl)
      },
    })),
    1,
  ],
  [
    'knows the keys of messages that were lost',
    'a log whose newest messages were lost',
    withAppend((real, store) => (...args) => {
      const [name, answers] = [nameOf(args[0], args[2]), sharedAnswers(store)]
      const known = answers.get(name)
      if (known !== undefined) return { ...known, outcome: 'duplicate' } as AppendResult
      const answer = now(real.append(...args))
      if (answer.outcome === 'stored') answers.set(name, answer)
      return answer
    }),
  ],
  [
    'keeps its epoch when it has lost everything',
    'a store that has lost all data has other epochs',
    (real) => ({
      append: (...args) => ({ ...now(real.append(...args)), epoch: 'e' }),
      read: (...args) => ({ ...now(real.read(...args)), epoch: 'e' }),
    }),
  ],
  [
    'keeps its sessions when it has lost everything',
    'a store that has lost all data has no sessions',
    (_real, store) => {
      const other = otherStores(store)
      other.made ??= new MemoryBackplane(new MemoryStore(store.runtime))
      return { sessions: other.made.sessions }
    },
  ],
  [
    'never forgets a session',
    'when all has aged',
    withSessions((real) => ({
      take: (id, attempt, ttl) => real.take(id, attempt, ttl * 10_000),
    })),
  ],
]
