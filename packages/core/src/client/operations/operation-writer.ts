import { encodeFrame } from '../../protocol/encode.ts'
import type { WelcomeLimits } from '../../protocol/hub-frames.ts'
import { frameBytes, heldCasts, otherInflight, publishHorizon } from '../../protocol/limits.ts'
import type { ClientRuntime } from '../../runtime/client-runtime.ts'
import { LatestByKey } from '../../runtime/latest-by-key.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { TokenBucket } from '../../runtime/token-bucket.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import { exceedsBytes, utf8Length } from '../../vocabulary/text.ts'
import { backoff } from '../connection/backoff.ts'
import type { Connector } from '../connection/connector.ts'
import { isOverLimit } from './over-limit.ts'
import { type Operation, PendingOperations } from './pending-operations.ts'

/** Size of a frame's type and a ref of 16 digits, with the punctuation around them, in bytes. */
const headBytes = 26

/** Writes operations as far as windows, rate and transport allow, and settles them with their answers. */
export class OperationWriter {
  readonly #runtime: ClientRuntime
  readonly #connector: Connector
  readonly #pending: PendingOperations
  readonly #casts = new LatestByKey<string>(heldCasts)
  #limits: WelcomeLimits | null = null
  #bucket: TokenBucket | null = null
  #pacing: Undo | null = null
  /** Refusals for a limit since the last accepted operation. */
  #refusals = 0
  /** `true` while nothing is written because of such a refusal. */
  #yielding = false
  #horizon: Undo | null = null

  /** `maxQueued` is the maximum number of operations that wait to be written. */
  constructor(runtime: ClientRuntime, connector: Connector, maxQueued: number) {
    this.#runtime = runtime
    this.#connector = connector
    this.#pending = new PendingOperations(maxQueued)
  }

  /** Time at which the oldest unanswered send was last written; `null` when there is none. */
  get oldestSend(): number | null {
    return this.#pending.oldestWrite
  }

  /** Takes the limits of a `welcome`. */
  start(limits: WelcomeLimits, resumed: boolean): void {
    const now = this.#runtime.now()
    const known = this.#limits
    // The hub counts per user across connections, so the bucket stays as empty as it is.
    if (this.#bucket === null || known?.rate !== limits.rate || known.burst !== limits.burst)
      this.#bucket = new TokenBucket(limits.rate, limits.burst, now)
    this.#limits = limits
    if (!resumed) this.#charge(this.#pending.startAfresh())
  }

  /**
   * Queues an operation, and writes it as soon as possible. A send takes the place of the casts to its address
   * that wait for a connection: receivers would get them after the message that was sent later.
   *
   * @throws ChatError `full` when too many operations wait.
   */
  add(operation: Operation): void {
    this.#pending.add(operation)
    if (operation.address !== undefined && this.#castWait() === null)
      this.#casts.forget(`${operation.address}\n`)
    this.pump()
  }

  /**
   * Forgets an operation that is no longer needed; its answer will be ignored. `cancels` also cancels it at the
   * hub, if it was written on this connection (P-CN-3). Returns `true` when it was written on any connection.
   */
  remove(operation: Operation, cancels = false): boolean {
    const entry = this.#pending.remove(operation)
    if (entry === undefined) return false
    if (cancels && this.#pending.isOpen(entry.ref)) this.#cancel(entry.ref)
    return entry.written !== null
  }

  /**
   * Writes the frame of a cast, or drops it. A frame with a `key` waits until it can be written, and replaces
   * an older frame with that key.
   */
  cast(frame: string, key: string | null): void {
    if (key !== null) {
      this.#casts.put(key, frame, utf8Length(frame))
      this.#pumpCasts()
    } else if (this.#castWait() === 0) this.#writeCast(frame)
  }

  /**
   * @throws ChatError `too_large` when a frame with these elements, as JSON, would be larger than the hub
   * accepts.
   */
  checkSize(json: string): void {
    if (exceedsBytes(json, this.#frameLimit - headBytes)) throw this.#tooLarge()
  }

  /** Returns `true` when the hub accepts a frame of this size. */
  fits(frame: string): boolean {
    return !exceedsBytes(frame, this.#frameLimit)
  }

  /** Settles an operation with its `ok`; `false` when no operation waits for this answer. */
  ok(ref: number, result: unknown): boolean {
    this.#refusals = 0
    return this.#answered(this.#pending.ok(ref, result))
  }

  /** Settles an operation with its `err`; `false` when no operation waits for this answer. */
  err(ref: number, error: ChatError): boolean {
    if (isOverLimit(error)) this.#yield(error)
    return this.#answered(this.#pending.err(ref, error, this.#runtime.now()))
  }

  /** Writes the waiting operations and casts, as far as possible now. */
  pump(): void {
    const connection = this.#connector.writable
    if (connection === null || this.#bucket === null) return
    const windows = { publishes: this.#limits?.inflight ?? 1, others: otherInflight }
    const now = this.#runtime.now()
    this.#expire(now)
    for (;;) {
      const entry = this.#pending.next(windows)
      if (entry === null || connection.blocked) break
      if (entry.operation.counts && this.#mustWait(now)) break
      const frame = this.#pending.write(entry, now)
      if (this.fits(frame)) connection.write(frame)
      // The operation was queued before the hub had named its limits.
      else this.#pending.err(entry.ref, this.#tooLarge(), now)
    }
    if (this.#pacing === null) this.#pumpCasts()
    this.#watchHorizon(now)
  }

  /** Writes a cancel before all waiting operations, since it waits for none of them (P-CN-1). */
  #cancel(target: number): void {
    const frame = (ref: number): string => encodeFrame('cancel', ref, target)
    const ignore = (): void => {}
    this.#pending.add(
      { publishes: false, repeat: 'bound', counts: false, frame, resolve: ignore, reject: ignore },
      true,
    )
    this.pump()
  }

  /** Returns `true` when an operation that counts must wait for the rate. */
  #mustWait(now: number): boolean {
    if (this.#pacing !== null) return true
    const wait = this.#bucket?.wait(now, this.#pending.counted + 1) ?? 0
    if (wait > 0) this.#pace(wait)
    return wait > 0
  }

  /** The connection has ended. */
  lost(): void {
    this.#stopPacing()
    this.#charge(this.#pending.lost())
  }

  /** Rejects all operations, and drops the waiting casts. */
  fail(error: ChatError): void {
    this.#stopPacing()
    this.#horizon?.()
    this.#horizon = null
    this.#casts.clear()
    this.#pending.fail(error)
  }

  /** Writes the waiting casts, as far as the rate of operations leaves room for them. */
  #pumpCasts(): void {
    while (this.#casts.size > 0) {
      const wait = this.#castWait()
      if (wait !== 0) {
        if (wait !== null && this.#pacing === null) this.#pace(wait)
        return
      }
      this.#writeCast(this.#casts.shift() ?? '')
    }
  }

  /** Returns the wait of a cast for the rate, in milliseconds; `null` while no frame can be written. */
  #castWait(): number | null {
    const connection = this.#connector.writable
    if (connection === null || connection.blocked || this.#bucket === null) return null
    return this.#bucket.wait(this.#runtime.now(), this.#pending.counted + 1)
  }

  #writeCast(frame: string): void {
    // The cast may have been queued before the hub had named its limits.
    if (!this.fits(frame)) return
    this.#bucket?.charge(this.#runtime.now())
    this.#connector.writable?.write(frame)
  }

  get #frameLimit(): number {
    return this.#limits?.frame ?? frameBytes
  }

  #tooLarge(): ChatError {
    return new ChatError('too_large', `unable to send: a frame may have ${this.#frameLimit} bytes`)
  }

  /**
   * Charges an operation when its answer comes. The hub charges it between the write and the answer: a token
   * that is reserved at the write and taken at the answer keeps this bucket at most as full as the hub's,
   * however slow the connection is.
   */
  #answered(operation: Operation | null): boolean {
    if (operation === null) return false
    if (operation.counts) this.#charge(1)
    this.pump()
    return true
  }

  /**
   * Charges operations whose answers are lost, since the hub may have counted them. The hub counts a
   * repetition once.
   */
  #charge(operations: number): void {
    const now = this.#runtime.now()
    for (let i = 0; i < operations; i++) this.#bucket?.charge(now)
  }

  #pace(wait: number): void {
    this.#pacing = this.#runtime.timer(wait, () => {
      this.#stopPacing()
      this.pump()
    })
  }

  #stopPacing(): void {
    this.#pacing?.()
    this.#pacing = null
    this.#yielding = false
  }

  /**
   * Writes nothing for a while, because a limit of the user is used up: by other clients of the user, since
   * this client paces itself. The wait grows with each refusal, so that many clients do not refuse each
   * other.
   */
  #yield({ retryAfter = 0 }: ChatError): void {
    if (this.#yielding) return
    this.#stopPacing()
    this.#yielding = true
    this.#bucket?.empty(this.#runtime.now())
    this.#pace(Math.max(retryAfter, backoff(this.#refusals++, this.#runtime.random())))
  }

  #expire(now: number): void {
    const first = this.#pending.firstWrite
    if (first !== null && first <= now - publishHorizon) this.#pending.expire(now - publishHorizon)
  }

  #watchHorizon(now: number): void {
    const first = this.#pending.firstWrite
    if (this.#horizon !== null || first === null) return
    this.#horizon = this.#runtime.timer(Math.max(0, first + publishHorizon - now), () => {
      this.#horizon = null
      const then = this.#runtime.now()
      this.#expire(then)
      this.#watchHorizon(then)
    })
  }
}
