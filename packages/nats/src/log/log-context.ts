import type { Runtime } from '@chat/core'
import type { ServerClock } from '../connection/server-clock.ts'
import { unavailable } from '../connection/unavailable.ts'
import type { JetStream } from '../jetstream/jetstream.ts'
import { isStream, type Names } from '../names.ts'
import type { Chain } from './chain.ts'
import { emptyState, isOver, type LogMessage, type LogState, stateAfter } from './log-state.ts'
import { formatMessage } from './message-format.ts'

/** Number of attempts to write a marker while other nodes write, too. */
const attempts = 50

/** The services that the logs of a node share. */
export class LogContext {
  readonly runtime: Runtime
  readonly clock: ServerClock
  readonly chain: Chain
  readonly #dedupeWindow: number
  readonly #age: number
  #sessionTime = 0
  readonly #jetstream: JetStream
  readonly #names: Names

  constructor(services: {
    readonly runtime: Runtime
    readonly clock: ServerClock
    readonly chain: Chain
    readonly jetstream: JetStream
    readonly names: Names
    readonly dedupeWindow: number
    /** Time without a message after which a stream is forgotten, in milliseconds. */
    readonly age: number
  }) {
    this.runtime = services.runtime
    this.clock = services.clock
    this.chain = services.chain
    this.#dedupeWindow = services.dedupeWindow
    this.#age = services.age
    this.#jetstream = services.jetstream
    this.#names = services.names
  }

  /**
   * Milliseconds for which a key is remembered: more than the dedupe window and the time for which a session
   * can be resumed after it, for clocks that differ.
   */
  get keyLifetime(): number {
    return (this.#dedupeWindow + this.#sessionTime) * 1.25
  }

  /**
   * Notes the duration for which a session can be resumed. Its refs are remembered as long: a client whose
   * clock stands still, because its device sleeps, repeats a send when it comes back.
   */
  noteSessionTime(time: number): void {
    this.#sessionTime = Math.max(this.#sessionTime, time)
  }

  /** Returns a new epoch. */
  newEpoch(): string {
    return this.runtime.id(10)
  }

  /** Reads the newest message of a log, and forgets a stream whose time is up. */
  async lastOf(name: string): Promise<{ message: LogMessage; stored: number } | null> {
    const found = await this.chain.last(name)
    if (found === null || !isStream(name)) return found
    const now = this.clock.now()
    if (now - found.stored < this.#age && !isOver(found.message, now)) return found
    await this.#jetstream.call(`STREAM.PURGE.${this.#names.openStream}`, { filter: this.#names.log(name) })
    return null
  }

  /** Stores a message of a log after the message `previous`; `null` when that is not the newest. */
  publish(name: string, text: string, previous: number): Promise<number | null> {
    return this.#jetstream.publish(this.#names.log(name), text, previous)
  }

  /** Writes a marker after the newest message. Answers `false` when that is not the newest any more. */
  async mark(name: string, newest: LogMessage | null, before: LogState): Promise<boolean> {
    const previous = newest?.sequence ?? 0
    return (await this.publish(name, formatMessage({ previous, before, entries: [] }), previous)) !== null
  }

  /**
   * Writes a marker with the state that `change` returns for the state of the log (`null`: the log is unknown),
   * or no marker if it returns `null`. Resolves with the state afterwards.
   */
  async markWith(
    name: string,
    change: (state: LogState | null, stored: number) => LogState | null,
  ): Promise<LogState | null> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const found = await this.chain.last(name)
      const state = found === null ? null : stateAfter(found.message)
      const changed = change(state, found?.stored ?? 0)
      if (changed === null) return state
      if (await this.mark(name, found?.message ?? null, changed)) return changed
    }
    throw unavailable('write a marker', 'other nodes were faster at every attempt')
  }

  /** Makes sure that a log has an epoch, and returns its state. */
  async begin(name: string): Promise<LogState> {
    const empty = emptyState(this.newEpoch())
    return (await this.markWith(name, (state) => (state === null ? empty : null))) ?? empty
  }

  /** Begins a log anew after its newest entry, because messages are missing in it. */
  async cut(name: string): Promise<void> {
    const epoch = this.newEpoch()
    await this.markWith(name, (state) => (state === null ? null : { ...state, epoch, floor: state.top }))
  }
}
