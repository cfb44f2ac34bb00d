import type { MaybePromise } from '@chat/core'
import type { AppendKey, AppendResult, LogEntry, LogHint, LogPage, SessionStore } from '@chat/core/backplane'
import type { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import type { Fault } from '../faulty-backplane.ts'

/**
 * A broken backplane, the beginning of the name of a case that it fails, and the latency of its store when the
 * case needs a network.
 */
export type CaughtFault = readonly [fault: string, fails: string, make: Fault, latency?: number]

/** The answer of a store that answers at once. */
export const now = <T>(value: MaybePromise<T>): T => value as T

let counter = 0

/** Returns a number that no call has returned before. */
export const fresh = (): number => ++counter

/** Changes the pages of a log. */
export const withPage = (change: (page: LogPage, store: MemoryStore) => Partial<LogPage>): Fault => {
  return (real, store) => ({
    read(stream, range) {
      const page = now(real.read(stream, range))
      return { ...page, ...change(page, store) }
    },
  })
}

/** Changes the entries of pages. */
export const withEntries = (change: (entry: LogEntry, store: MemoryStore) => Partial<LogEntry>): Fault =>
  withPage(({ entries }, store) => ({
    entries: entries.map((entry) => ({ ...entry, ...change(entry, store) })),
  }))

/** Changes the keys of appends. */
export const withKey = (change: (key: AppendKey) => Partial<AppendKey>): Fault => {
  return (real) => ({
    append: (stream, message, key, expected) =>
      real.append(stream, message, { ...key, ...change(key) }, expected),
  })
}

/** Changes hints. */
export const withHint = (change: (hint: LogHint) => Partial<LogHint>): Fault => {
  return (real) => ({
    tail: (stream, listener) => real.tail(stream, (hint) => listener({ ...hint, ...change(hint) })),
  })
}

/** Changes the names of logs. */
export const withStream = (change: (stream: string) => string): Fault => {
  return (real) => ({
    append: (stream, message, key, expected) => real.append(change(stream), message, key, expected),
    read: (stream, range) => real.read(change(stream), range),
    tail: (stream, listener) => real.tail(change(stream), listener),
  })
}

/** Replaces operations on sessions. */
export const withSessions = (
  change: (real: SessionStore, store: MemoryStore) => Partial<SessionStore>,
): Fault => {
  return (real, store) => ({ sessions: { ...real.sessions, ...change(real.sessions, store) } })
}

/** Replaces appends. */
export const withAppend = (
  change: (real: MemoryBackplane, store: MemoryStore) => MemoryBackplane['append'],
): Fault => {
  return (real, store) => ({ append: change(real, store) })
}

/** Appends under a key that no append has had. */
export const appendAnew = (
  real: MemoryBackplane,
  [stream, message, key]: Parameters<MemoryBackplane['append']>,
): MaybePromise<AppendResult> => real.append(stream, message, { ...key, session: `fresh${fresh()}` })

/** Returns a text for a key and its log. */
export const nameOf = (stream: string, { user, session, ref }: AppendKey): string =>
  JSON.stringify([stream, user, session, ref])

/** Returns a value that the nodes of a store share. */
export function shared<T>(make: () => T): (store: MemoryStore) => T {
  const values = new WeakMap<MemoryStore, T>()
  return (store) => {
    const value = values.get(store) ?? make()
    values.set(store, value)
    return value
  }
}
