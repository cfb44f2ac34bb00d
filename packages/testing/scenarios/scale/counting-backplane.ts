import type { MaybePromise } from '@chat/core'
import type {
  Backplane,
  BackplaneCapabilities,
  HintReliability,
  LogHead,
  LogPage,
  PresenceStore,
  SessionStore,
} from '@chat/core/backplane'
import type { Counts } from './counts.ts'

/** Counters of a {@link CountingBackplane}. */
export interface BackplaneCounts {
  /** Operations of nodes, with the bytes of their arguments and answers. */
  readonly operations: Counts
  /** Hints and texts that reach nodes without having been asked for. */
  readonly deliveries: Counts
  /** Logs that operations with many logs have named. */
  readonly logs: Counts
  /** Operations that failed. */
  readonly failures: Counts
}

/**
 * The backplane of a node that counts each operation and each delivery, and their bytes as JSON. It changes
 * nothing else, except for the declared reliability of hints.
 */
export class CountingBackplane implements Backplane {
  readonly capabilities: BackplaneCapabilities
  readonly sessions: SessionStore
  readonly presence: PresenceStore
  readonly #inner: Backplane
  readonly #counts: BackplaneCounts

  constructor(inner: Backplane, counts: BackplaneCounts, hints: HintReliability) {
    this.#inner = inner
    this.#counts = counts
    this.capabilities = { ...inner.capabilities, hints }
    this.sessions = this.#countSessions(inner.sessions)
    this.presence = this.#countPresence(inner.presence)
  }

  append: Backplane['append'] = (...args) => this.#count('append', args, () => this.#inner.append(...args))

  find: Backplane['find'] = (...args) => this.#count('find', args, () => this.#inner.find(...args))

  read: Backplane['read'] = (...args): MaybePromise<LogPage> =>
    this.#count('read', args, () => this.#inner.read(...args))

  heads: Backplane['heads'] = (streams): MaybePromise<readonly LogHead[]> => {
    this.#counts.logs.add('heads', streams.length, 0)
    return this.#count('heads', [streams], () => this.#inner.heads(streams))
  }

  bump: Backplane['bump'] = (...args) => this.#count('bump', args, () => this.#inner.bump(...args))

  redact: Backplane['redact'] = (...args) => this.#count('redact', args, () => this.#inner.redact(...args))

  publish: Backplane['publish'] = (...args) =>
    this.#count('publish', args, () => this.#inner.publish(...args))

  tail: Backplane['tail'] = (stream, listener) =>
    this.#countListener('tail', stream, (counted) => this.#inner.tail(stream, counted), listener)

  subscribe: Backplane['subscribe'] = (channel, listener) =>
    this.#countListener('subscribe', channel, (counted) => this.#inner.subscribe(channel, counted), listener)

  onReconnect: Backplane['onReconnect'] = (listener) => this.#inner.onReconnect(listener)

  probe: Backplane['probe'] = () => this.#count('probe', [], () => this.#inner.probe())

  close: Backplane['close'] = () => this.#inner.close()

  #countSessions(inner: SessionStore): SessionStore {
    return {
      put: (...args) => this.#count('sessions.put', args, () => inner.put(...args)),
      take: (...args) => this.#count('sessions.take', args, () => inner.take(...args)),
      confirm: (...args) => this.#count('sessions.confirm', args, () => inner.confirm(...args)),
      renew: (...args) => this.#count('sessions.renew', args, () => inner.renew(...args)),
      find: (...args) => this.#count('sessions.find', args, () => inner.find(...args)),
      drop: (...args) => this.#count('sessions.drop', args, () => inner.drop(...args)),
    }
  }

  #countPresence(inner: PresenceStore): PresenceStore {
    return {
      lease: (...args) => this.#count('presence.lease', args, () => inner.lease(...args)),
      enter: (...args) => this.#count('presence.enter', args, () => inner.enter(...args)),
      leave: (...args) => this.#count('presence.leave', args, () => inner.leave(...args)),
      members: (...args) => this.#count('presence.members', args, () => inner.members(...args)),
      watch: (room, listener) =>
        this.#countListener('presence.watch', room, (counted) => inner.watch(room, counted), listener),
    }
  }

  #count<T>(name: string, args: readonly unknown[], call: () => MaybePromise<T>): MaybePromise<T> {
    const { operations } = this.#counts
    operations.add(name, 1, JSON.stringify(args).length)
    const answer = call()
    if (!(answer instanceof Promise)) {
      operations.add(name, 0, sizeOf(answer))
      return answer
    }
    return answer.then(
      (result) => {
        operations.add(name, 0, sizeOf(result))
        return result
      },
      (error: unknown) => {
        this.#counts.failures.add(name, 1, 0)
        throw error
      },
    )
  }

  #countListener<T>(
    name: string,
    subject: string,
    listen: (counted: (value: T) => void) => () => void,
    listener: (value: T) => void,
  ): () => void {
    const { operations, deliveries } = this.#counts
    operations.add(name, 1, subject.length)
    const undo = listen((value) => {
      deliveries.add(name, 1, sizeOf(value))
      listener(value)
    })
    let listening = true
    return () => {
      if (listening) operations.add(`${name}: end`, 1, subject.length)
      listening = false
      undo()
    }
  }
}

/** Sizes of objects that many nodes get. */
const sizes = new WeakMap<object, number>()

/** Returns the length of a value as JSON. */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)?.length ?? 0
  const known = sizes.get(value)
  if (known !== undefined) return known
  const size = JSON.stringify(value).length
  sizes.set(value, size)
  return size
}
