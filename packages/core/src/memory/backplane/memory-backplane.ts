import type {
  AppendKey,
  AppendResult,
  Backplane,
  BackplaneCapabilities,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
  SessionStore,
} from '../../backplane/backplane.ts'
import type { PresenceStore } from '../../backplane/presence-store.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { checkFunction, checkRuntime } from '../../vocabulary/check-option-kinds.ts'
import { describe, type OptionNames } from '../../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../../vocabulary/check-options-with-hint.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { Position } from '../../vocabulary/position.ts'
import { checkFunctionOptions } from '../check-arguments.ts'
import type { MemoryStore } from './memory-store.ts'

/** Options of a {@link MemoryBackplane}: the network between a node and its store. */
export interface MemoryBackplaneOptions {
  /**
   * Latency of one direction between node and store in milliseconds, called for each operation and each hint.
   * Operations keep their order, hints do not. Default: no latency, every operation is answered in the same
   * call.
   */
  readonly latency?: (() => number) | undefined
  /** The runtime whose timers carry operations to the store. Default: the runtime of the store. */
  readonly network?: Runtime | undefined
  /**
   * The runtime whose timers carry answers and hints to the node; they end with the node. Default: the
   * runtime of the store.
   */
  readonly runtime?: Runtime | undefined
  /** Faults of the network, called for each operation and hint. They need a `latency`. Default: no faults. */
  readonly faults?: MemoryBackplaneFaults | undefined
}

/** Faults between a node and its store. */
export interface MemoryBackplaneFaults {
  /** Returns `true` to lose the answer to an operation that the store has carried out. */
  readonly loseAnswer?: (() => boolean) | undefined
  /** Returns the number of times that a hint arrives: 0 loses it, 2 doubles it. */
  readonly hints?: (() => number) | undefined
}

const optionNames: OptionNames<MemoryBackplaneOptions> = {
  latency: true,
  network: true,
  runtime: true,
  faults: true,
}
const faultNames: OptionNames<MemoryBackplaneFaults> = { loseAnswer: true, hints: true }

function checkArguments(store: MemoryStore, options: MemoryBackplaneOptions): void {
  // Not `instanceof`: the store may come from another copy of this package.
  if (typeof store?.append !== 'function' || store.sessions === undefined)
    throw new UsageError(
      `unable to make the backplane: the first argument is ${describe(store)}, not a store; write \`new MemoryBackplane(new MemoryStore(systemRuntime))\``,
    )
  checkFunctionOptions('make the backplane', options, { names: optionNames, functions: ['latency'] })
  checkRuntime('make the backplane', 'network', options.network)
  checkRuntime('make the backplane', 'runtime', options.runtime)
  checkOptionsWithHint('make the backplane', options.faults, faultNames, 'faults')
  checkFunction('make the backplane', 'faults.loseAnswer', options.faults?.loseAnswer)
  checkFunction('make the backplane', 'faults.hints', options.faults?.hints)
}

/**
 * The backplane of a node over a {@link MemoryStore}. Without a latency it answers in the same call, and the
 * seam costs no time. With a latency it behaves as a broker across a network, with the faults of a network.
 */
export class MemoryBackplane implements Backplane {
  /** The abilities: every message survives in this process only. */
  readonly capabilities: BackplaneCapabilities
  /** The records of sessions, in the store. */
  readonly sessions: SessionStore
  /** The members of rooms, in the store. */
  readonly presence: PresenceStore
  readonly #store: MemoryStore
  readonly #network: Runtime
  readonly #runtime: Runtime
  readonly #latency: (() => number) | null
  readonly #faults: MemoryBackplaneFaults
  readonly #reconnected = new Set<() => void>()
  readonly #listening = new Set<Undo>()
  #turn = 0
  #down = false
  #closed = false

  /**
   * Connects a node to a store. Nodes with the same store form a cluster.
   *
   * @throws UsageError when the first argument is no store, or an option cannot work or does not exist.
   */
  constructor(store: MemoryStore, options: MemoryBackplaneOptions = {}) {
    checkArguments(store, options)
    this.#store = store
    this.#network = options.network ?? store.runtime
    this.#runtime = options.runtime ?? store.runtime
    this.#latency = options.latency ?? null
    this.#faults = options.faults ?? {}
    this.capabilities = {
      name: 'memory',
      durability: 'node',
      hints: this.#latency === null ? 'complete' : 'lossy',
      reverseReads: true,
      dedupeWindow: store.dedupeWindow,
      largestPayload: Number.MAX_SAFE_INTEGER,
      largestRoom: null,
    }
    const { sessions, presence } = store
    this.sessions = {
      put: (record, node, ttl) => this.#run(() => sessions.put(record, node, ttl)),
      take: (id, attempt, ttl) => this.#run(() => sessions.take(id, attempt, ttl)),
      confirm: (id, generation) => this.#run(() => sessions.confirm(id, generation)),
      renew: (session, generation, lastRef, ttl) =>
        this.#run(() => sessions.renew(session, generation, lastRef, ttl)),
      find: (id) => this.#run(() => sessions.find(id)),
      drop: (which) => this.#run(() => sessions.drop(which)),
    }
    this.presence = {
      lease: (node, lease) => this.#run(() => presence.lease(node, lease)),
      enter: (room, entering, lease) => this.#run(() => presence.enter(room, entering, lease)),
      leave: (room, session, generation, keep) =>
        this.#run(() => presence.leave(room, session, generation, keep)),
      members: (room, known) => this.#run(() => presence.members(room, known)),
      watch: (room, listener) => this.#listen(presence.watch(room, this.#later(listener))),
    }
  }

  /**
   * Ends as a node ends that crashes: its listeners are removed, while operations under way may still reach
   * the store.
   */
  crash(): void {
    this.#closed = true
    for (const undo of this.#listening) undo()
    this.#listening.clear()
    this.#reconnected.clear()
  }

  /**
   * Begins an outage of the store (`true`), or ends it (`false`). During an outage operations fail and hints
   * are lost; at its end the listeners of `onReconnect` run.
   */
  outage(down: boolean): void {
    const back = this.#down && !down
    this.#down = down
    if (back) for (const listener of [...this.#reconnected]) listener()
  }

  /** Appends to a log of the store; see {@link Backplane.append}. */
  append(
    stream: string,
    message: NewMessage,
    key: AppendKey,
    expected?: Position | null,
  ): MaybePromise<AppendResult> {
    if (this.#latency === null) return this.#store.append(stream, message, key, expected)
    return this.#run(() => this.#store.append(stream, message, key, expected))
  }

  /** Looks a key up; see {@link Backplane.find}. */
  find(stream: string, key: AppendKey): MaybePromise<AppendResult | null> {
    return this.#run(() => this.#store.find(stream, key))
  }

  /** Reads a page of a log; see {@link Backplane.read}. */
  read(stream: string, range: LogRange): MaybePromise<LogPage> {
    return this.#run(() => this.#store.read(stream, range))
  }

  /** Returns the places of logs; see {@link Backplane.heads}. */
  heads(streams: readonly string[]): MaybePromise<readonly LogHead[]> {
    return this.#run(() => this.#store.heads(streams))
  }

  /** Listens to the appends of a log; see {@link Backplane.tail}. */
  tail(stream: string, listener: (hint: LogHint) => void): Undo {
    return this.#listen(this.#store.tail(stream, this.#later(listener)))
  }

  /** Gives a log a new epoch; see {@link Backplane.bump}. */
  bump(stream: string, epoch: string): MaybePromise<void> {
    return this.#run(() => this.#store.bump(stream, epoch))
  }

  /** Empties an entry of a log; see {@link Backplane.redact}. */
  redact(stream: string, position: Position): MaybePromise<boolean> {
    return this.#run(() => this.#store.redact(stream, position))
  }

  /** Sends a text to all nodes; see {@link Backplane.publish}. */
  publish(channel: string, text: string): MaybePromise<void> {
    return this.#run(() => this.#store.publish(channel, text))
  }

  /** Listens to a channel; see {@link Backplane.subscribe}. */
  subscribe(channel: string, listener: (text: string) => void): Undo {
    return this.#listen(this.#store.subscribe(channel, this.#later(listener)))
  }

  /** Calls `listener` when the store is back in reach; see {@link Backplane.onReconnect}. */
  onReconnect(listener: () => void): Undo {
    this.#reconnected.add(listener)
    return () => {
      this.#reconnected.delete(listener)
    }
  }

  /** Calls `listener` for each error of the store's own options; see {@link Backplane.onError}. */
  onError(listener: (error: unknown, stream: string) => void): Undo {
    return this.#listen(this.#store.onError(listener))
  }

  /** Tests if the store is in reach; see {@link Backplane.probe}. */
  probe(): MaybePromise<void> {
    return this.#run(() => {})
  }

  /** Ends this node's use of the store. The store itself stays usable for other nodes. */
  async close(): Promise<void> {
    this.crash()
    this.#store.close()
  }

  /**
   * Runs an operation after the latency. Operations reach the store in the order in which they were called.
   */
  #run<T>(operation: () => T): MaybePromise<T> {
    const latency = this.#latency
    if (latency === null) return operation()
    const now = this.#network.now()
    this.#turn = Math.max(this.#turn, now + latency())
    return new Promise<T>((resolve, reject) => {
      const unreachable = (): void => reject(new ChatError('unavailable', 'unable to reach the store'))
      this.#network.timer(this.#turn - now, () => {
        const reached = !this.#down
        const lost = reached && this.#faults.loseAnswer?.() === true
        attempt(
          () => (reached ? operation() : null),
          (result) =>
            this.#runtime.timer(latency(), () =>
              reached && !lost && !this.#down ? resolve(result as T) : unreachable(),
            ),
          (error) => this.#runtime.timer(latency(), () => reject(error)),
        )
      })
    })
  }

  #listen(undo: Undo): Undo {
    // The node had ended while this call was under way.
    if (this.#closed) undo()
    else this.#listening.add(undo)
    return () => {
      this.#listening.delete(undo)
      undo()
    }
  }

  #later<T>(listener: (value: T) => void): (value: T) => void {
    const latency = this.#latency
    if (latency === null) return listener
    return (value) => {
      for (let times = this.#faults.hints?.() ?? 1; times > 0; times--)
        this.#runtime.timer(latency(), () => {
          if (!this.#closed && !this.#down) listener(value)
        })
    }
  }
}
