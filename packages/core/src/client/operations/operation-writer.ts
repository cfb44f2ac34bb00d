import type { WelcomeLimits } from '../../protocol/hub-frames.ts'
import { frameBytes, heldCasts, otherInflight, publishHorizon } from '../../protocol/limits.ts'
import { LatestByKey } from '../../runtime/latest-by-key.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { TokenBucket } from '../../runtime/token-bucket.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import { exceedsBytes, utf8Length } from '../../vocabulary/text.ts'
import type { ClientConnection } from '../connection/client-connection.ts'
import { type Operation, PendingOperations } from './pending-operations.ts'

/** A frame's type and a ref of 16 digits, with what stands between them and the rest. */
const headBytes = 26

/**
 * Writes operations as far as windows, rate and the transport allow, and brings their answers back.
 *
 * @internal
 */
export class OperationWriter {
  readonly #runtime: Runtime
  readonly #link: () => ClientConnection | null
  readonly #ledger: PendingOperations
  readonly #casts = new LatestByKey<string>(heldCasts)
  #limits: WelcomeLimits | null = null
  #bucket: TokenBucket | null = null
  #pacing: Undo | null = null
  #horizon: Undo | null = null

  /** `link` gives the connection that takes new operations, while there is one. */
  constructor(runtime: Runtime, capacity: number, link: () => ClientConnection | null) {
    this.#runtime = runtime
    this.#link = link
    this.#ledger = new PendingOperations(capacity)
  }

  /** When the oldest unanswered send was last written; `null` when there is none. */
  get unanswered(): number | null {
    return this.#ledger.oldestWrite
  }

  /** A handshake is done. */
  start(limits: WelcomeLimits, resumed: boolean): void {
    const now = this.#runtime.now()
    const known = this.#limits
    // The hub counts per user, across connections: what was used up stays used up.
    if (this.#bucket === null || known?.rate !== limits.rate || known.burst !== limits.burst)
      this.#bucket = new TokenBucket(limits.rate, limits.burst, now)
    this.#limits = limits
    if (!resumed) this.#charge(this.#ledger.startAfresh())
  }

  /** @throws ChatError `full` when too much waits already. */
  add(operation: Operation): void {
    this.#ledger.add(operation)
    this.pump()
  }

  remove(operation: Operation): 'waiting' | 'written' | 'settled' {
    return this.#ledger.remove(operation)
  }

  /** Writes a volatile frame, or drops it. With a name it waits until it can be written, in the place of an older one of that name. */
  cast(frame: string, name: string | null): void {
    if (name !== null) {
      this.#casts.put(name, frame, utf8Length(frame))
      this.#pumpCasts()
    } else if (this.#castWait() === 0) this.#writeCast(frame)
  }

  /** @throws ChatError `too_large` when the frame of these elements would be over the hub's limit. */
  checkSize(json: string): void {
    if (exceedsBytes(json, this.#frameLimit - headBytes)) throw this.#tooLarge()
  }

  /** Whether the hub takes a frame of this size. */
  fits(frame: string): boolean {
    return !exceedsBytes(frame, this.#frameLimit)
  }

  /** An `ok`; `false` when nobody waits for it. */
  ok(ref: number, result: unknown): boolean {
    return this.#answered(this.#ledger.ok(ref, result))
  }

  /** An `err`; `false` when nobody waits for it. */
  err(ref: number, error: ChatError): boolean {
    return this.#answered(this.#ledger.err(ref, error))
  }

  /** Writes what waits, as far as it may be written now. */
  pump(): void {
    const link = this.#link()
    if (link === null || this.#bucket === null || this.#pacing !== null) return
    const windows = { publishes: this.#limits?.inflight ?? 1, others: otherInflight }
    const now = this.#runtime.now()
    this.#expire(now)
    for (;;) {
      const operation = this.#ledger.next(windows)
      if (operation === null || link.blocked) break
      const wait = operation.counts ? this.#bucket.wait(now, this.#ledger.counted + 1) : 0
      if (wait > 0) {
        this.#pace(wait)
        break
      }
      const { ref, frame } = this.#ledger.write(windows, now)
      if (this.fits(frame)) link.write(frame)
      // It was queued before the hub had named its limits.
      else this.#ledger.err(ref, this.#tooLarge())
    }
    this.#pumpCasts()
    this.#watchHorizon(now)
  }

  /** The connection is gone. */
  lost(): void {
    this.#pacing?.()
    this.#pacing = null
    this.#charge(this.#ledger.lost())
  }

  /** Rejects everything that waits. */
  fail(error: ChatError): void {
    this.#pacing?.()
    this.#pacing = null
    this.#horizon?.()
    this.#horizon = null
    this.#casts.clear()
    this.#ledger.fail(error)
  }

  /** Writes the casts that wait, as far as operations leave them a place. */
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

  /** For how long a cast has to wait for the rate; `null` while there is no telling: nothing can be written. */
  #castWait(): number | null {
    const link = this.#link()
    if (link === null || link.blocked || this.#bucket === null) return null
    return this.#bucket.wait(this.#runtime.now(), this.#ledger.counted + 1)
  }

  #writeCast(frame: string): void {
    // It may have been held since before the hub had named its limits.
    if (!this.fits(frame)) return
    this.#bucket?.charge(this.#runtime.now())
    this.#link()?.write(frame)
  }

  get #frameLimit(): number {
    return this.#limits?.frame ?? frameBytes
  }

  #tooLarge(): ChatError {
    return new ChatError('too_large', `unable to send: a frame may have ${this.#frameLimit} bytes`)
  }

  /**
   * What the hub takes out of its bucket, and when, lies between the write and the answer. Reserved at the one and taken at the other, this
   * bucket is never fuller than the hub's, however long a connection held everything back.
   */
  #answered(operation: Operation | null): boolean {
    if (operation === null) return false
    if (operation.counts) this.#charge(1)
    this.pump()
    return true
  }

  /** What has no answer any more counts too: whether the hub has counted it nobody knows. A repetition it counts once. */
  #charge(operations: number): void {
    const now = this.#runtime.now()
    for (let i = 0; i < operations; i++) this.#bucket?.charge(now)
  }

  #pace(wait: number): void {
    this.#pacing = this.#runtime.timer(wait, () => {
      this.#pacing = null
      this.pump()
    })
  }

  #expire(now: number): void {
    const first = this.#ledger.firstWrite
    if (first !== null && first <= now - publishHorizon) this.#ledger.expire(now - publishHorizon)
  }

  #watchHorizon(now: number): void {
    const first = this.#ledger.firstWrite
    if (this.#horizon !== null || first === null) return
    this.#horizon = this.#runtime.timer(Math.max(0, first + publishHorizon - now), () => {
      this.#horizon = null
      const then = this.#runtime.now()
      this.#expire(then)
      this.#watchHorizon(then)
    })
  }
}
