import type { Runtime } from '../../runtime/runtime.ts'
import type { Complete } from '../../vocabulary/check-options.ts'
import { heapBytes } from '../../vocabulary/text.ts'
import { type Retention, StreamLog } from './stream-log.ts'

/** Options of {@link KeptLogs}. */
export interface KeptLogsOptions {
  /** Bytes of all logs, with those that other parts of the store take. */
  readonly capacity: number
  /** Returns the retention of a log. */
  readonly retention: (stream: string) => Complete<Retention>
}

/** The share of all bytes above which the logs of a payer make room for others. */
const fairShare = 0.1
/** Time for which a log is kept after its place was last asked for. */
const askedFor = 330_000
/** Bytes that an empty log takes in memory besides its name. */
const logBytes = 500

/**
 * The logs of a store by address, and the bytes that they take in memory. When they are too many, logs are
 * forgotten as a whole.
 */
export class KeptLogs {
  readonly #runtime: Runtime
  readonly #options: KeptLogsOptions
  readonly #logs = new Map<string, StreamLog>()
  #bytes = 0
  /** Bytes of the logs without messages. They belong to joined rooms, and forgetting messages does not free them. */
  #emptyBytes = 0
  /**
   * The epoch of logs that are made now. It changes when a log with messages is forgotten, because that log
   * must not continue its old offsets when it is made anew. A log that never had messages can be forgotten
   * and made anew in the same epoch.
   */
  #epoch: string

  constructor(runtime: Runtime, options: KeptLogsOptions) {
    this.#runtime = runtime
    this.#options = options
    this.#epoch = runtime.id(10)
  }

  /** Number of logs. */
  get size(): number {
    return this.#logs.size
  }

  /** Bytes in memory of all logs. */
  get bytes(): number {
    return this.#bytes
  }

  /** Addresses of all logs. */
  get addresses(): string[] {
    return [...this.#logs.keys()]
  }

  /** Number of logs with listeners. */
  get listened(): number {
    return [...this.#logs.values()].filter(({ listeners }) => listeners.size > 0).length
  }

  /** Returns a log; `undefined` for an unknown log. */
  find(stream: string): StreamLog | undefined {
    return this.#logs.get(stream)
  }

  /** Returns a log; for an unknown log an empty log, which is not kept. */
  look(stream: string): StreamLog {
    return this.#logs.get(stream) ?? new StreamLog(this.#epoch, 0)
  }

  /** Returns a log; a log that is made gets the listeners. */
  ensure(stream: string, listeners?: StreamLog['listeners']): StreamLog {
    let log = this.#logs.get(stream)
    if (log === undefined) {
      const epoch = isStream(stream) ? this.#runtime.id(10) : this.#epoch
      log = new StreamLog(epoch, this.#runtime.now(), listeners)
      this.#logs.set(stream, log)
      log.ownBytes = logBytes + heapBytes(stream)
      this.#bytes += log.ownBytes
      this.#emptyBytes += log.ownBytes
    }
    return log
  }

  /** Changes a log, and counts the bytes that it takes afterwards. */
  change<T>(log: StreamLog, run: (log: StreamLog) => T): T {
    const { bytes, size } = log
    const result = run(log)
    this.#bytes += log.bytes - bytes
    this.#noteSize(log, size)
    return result
  }

  /**
   * Counts a message that was appended to a log, and makes room in the other logs: first in those of payers who
   * hold more than their share.
   *
   * @param taken - Bytes that other parts of the store take.
   */
  addBytes(written: StreamLog, bytes: number, taken: number): void {
    this.#bytes += bytes
    this.#noteSize(written, written.size - 1)
    const room = this.#options.capacity - taken
    if (this.#fullBytes <= room) return
    const enough = room * 0.9
    const byAge = [...this.#logs]
      .filter(([, log]) => log.size > 0 && log !== written)
      .sort(([, a], [, b]) => Number(isOpen(a)) - Number(isOpen(b)) || a.written - b.written)
    this.#reduceShares(byAge, enough)
    if (this.#fullBytes <= room) return
    for (const [stream, log] of byAge) {
      if (this.#fullBytes <= enough) return
      if (this.#logs.get(stream) === log) this.forget(stream)
    }
  }

  /** Removes the messages of a log beyond its retention. */
  trim(stream: string, log: StreamLog, now: number): void {
    // A stream is kept as a whole.
    if (isStream(stream)) return
    this.change(log, () => log.trim(this.#options.retention(stream), now))
  }

  /** Forgets a stream whose time is up (P-SM-10). */
  expire(stream: string, now: number): void {
    const log = isStream(stream) ? this.#logs.get(stream) : undefined
    if (log === undefined || log.size === 0) return
    if (now >= (log.forgottenAt ?? log.written + this.#options.retention(stream).age)) this.forget(stream)
  }

  /** Forgets a log as a whole. Its listeners stay, at a log that is made anew. */
  forget(stream: string): void {
    const log = this.#logs.get(stream)
    if (log === undefined) return
    this.#bytes -= log.bytes + log.ownBytes
    if (log.size === 0) this.#emptyBytes -= log.ownBytes
    // A stream has an epoch of its own.
    if (log.top > 0 && !isStream(stream)) this.#epoch = this.#runtime.id(10)
    this.#logs.delete(stream)
    if (log.listeners.size > 0) this.ensure(stream, log.listeners)
  }

  /** Removes all messages that have expired, and forgets the empty logs that are not used. */
  sweep(now: number): void {
    for (const stream of this.addresses.filter(isStream)) this.expire(stream, now)
    for (const [stream, log] of this.#logs) {
      this.trim(stream, log, now)
      const unused = log.listeners.size === 0 && now - log.asked > askedFor
      if (log.size === 0 && unused) this.forget(stream)
    }
  }

  /** Loses all logs. The listeners stay, at logs that are made anew. */
  clear(): void {
    const logs = [...this.#logs]
    this.#logs.clear()
    this.#bytes = 0
    this.#emptyBytes = 0
    this.#epoch = this.#runtime.id(10)
    for (const [stream, { listeners }] of logs) if (listeners.size > 0) this.ensure(stream, listeners)
  }

  /** Bytes in memory of the logs with messages. */
  get #fullBytes(): number {
    return this.#bytes - this.#emptyBytes
  }

  /** Called after a log has changed, with the number of messages that it had before. */
  #noteSize(log: StreamLog, before: number): void {
    if (before > 0 === log.size > 0) return
    this.#emptyBytes += log.size > 0 ? -log.ownBytes : log.ownBytes
  }

  /**
   * Forgets logs of payers who hold more than their share, down to half of it: the next message must not
   * look for room again.
   */
  #reduceShares(byAge: readonly (readonly [string, StreamLog])[], enough: number): void {
    const share = this.#options.capacity * fairShare
    const held = this.#heldByPayer()
    const over = new Set([...held].filter(([, bytes]) => bytes > share).map(([payer]) => payer))
    for (const [stream, log] of byAge) {
      const { mainPayer: payer, bytes } = log
      if (this.#fullBytes <= enough || over.size === 0) return
      if (payer === null || !over.has(payer)) continue
      this.forget(stream)
      const left = (held.get(payer) ?? 0) - bytes
      held.set(payer, left)
      if (left <= share / 2) over.delete(payer)
    }
  }

  /** Returns the bytes of the logs of each main payer. */
  #heldByPayer(): Map<string, number> {
    const held = new Map<string, number>()
    for (const { mainPayer, bytes } of this.#logs.values())
      if (mainPayer !== null) held.set(mainPayer, (held.get(mainPayer) ?? 0) + bytes)
    return held
  }
}

const isStream = (stream: string): boolean => stream.startsWith('^')

/** Tells if a log is not that of a stream that has ended. */
const isOpen = ({ forgottenAt }: StreamLog): boolean => forgottenAt === null
