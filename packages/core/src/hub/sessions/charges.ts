import type { WireError } from '../../protocol/encode.ts'
import { repeatedBytes, unitBytes, waitingBytes } from '../../protocol/limits.ts'
import { exceedsBytes, utf8Length } from '../../vocabulary/text.ts'
import { CatchUp } from './catch-up.ts'
import type { OperationWindow } from './operation-window.ts'
import type { RateBucket } from './rate-limiter.ts'
import type { SessionServices } from './session-services.ts'

/**
 * Shortest `retryAfter` of a refusal, in milliseconds: longer than the operations behind it are usually under
 * way.
 */
const leastRetryAfter = 1_000

/** Returns the refusal of an operation that must wait for units of a limit. */
const overLimit = (limit: 'rate' | 'catchUpRate', retryAfter: number): WireError => ({
  code: 'rate_limited',
  message: 'unable to run this operation: the rate limit is reached',
  retryAfter,
  detail: { limit },
})

/** Charges the operations of a session to the account of its user, and refuses what the limits do not allow. */
export class Charges {
  readonly #services: SessionServices
  readonly #window: OperationWindow
  #account: string
  /** The bucket of the account; `null` before the first use. */
  #bucket: RateBucket | null = null
  /** Time until which every operation is refused, after a refusal for the rate. */
  #overRateUntil = 0
  #catchUp: CatchUp | null = null
  /** Frames of this connection that were worth a unit, since the last heartbeat. */
  frames = 0

  constructor(services: SessionServices, window: OperationWindow, account: string) {
    this.#services = services
    this.#window = window
    this.#account = account
  }

  /** The account that pays. */
  get account(): string {
    return this.#account
  }

  /** Names the account that pays from now on. */
  moveTo(account: string): void {
    this.#account = account
    this.#bucket = null
  }

  /**
   * Charges an operation to the user's rate; returns the error when the user is over it, else `null`
   * (P-LV-6). After a refusal, every operation is refused until its `retryAfter` is over: otherwise an
   * operation behind it in the pipeline could be stored before it is repeated (P-PB-11). A user whose waiting
   * operations take too much is over the rate, too (P-LV-10).
   */
  operation(ref: number): WireError | null {
    if (this.#window.takeFreeRepetition(ref)) return null
    const now = this.#services.context.runtime.now()
    if (now >= this.#overRateUntil) {
      const isFull = this.#services.backlogs.takes(this.#account, waitingBytes)
      const wait = isFull ? leastRetryAfter : this.#rateBucket(now).take(now)
      if (wait === 0) {
        this.frames++
        return null
      }
      this.#overRateUntil = now + Math.max(wait, leastRetryAfter)
    }
    return overLimit('rate', Math.ceil(this.#overRateUntil - now))
  }

  /** The bucket is kept, because to find it among those of all users would cost more than the token. */
  #rateBucket(now: number): RateBucket {
    if (this.#bucket === null || this.#bucket.forgotten)
      this.#bucket = this.#services.rates.bucketOf(this.#account, now)
    return this.#bucket
  }

  /**
   * Charges the join of a stream to the user's rate of such joins; returns the error when the user is over it,
   * else `null` (P-SM-4).
   */
  streamJoin(ref: number): WireError | null {
    if (this.#window.takeFreeRepetition(ref)) return null
    const wait = this.#services.streamRates.takeToken(this.#account, this.#services.context.runtime.now())
    if (wait > 0) return overLimit('rate', Math.ceil(Math.max(wait, leastRetryAfter)))
    this.frames++
    return null
  }

  /**
   * Returns the error for a repetition while the waiting operations of the user take too much, else `null`. The
   * whole window of a session has room (P-LV-10).
   */
  repetition(): WireError | null {
    const isFull = this.#services.backlogs.takes(this.#account, repeatedBytes)
    return isFull ? overLimit('rate', leastRetryAfter) : null
  }

  /** Charges the pages of an answer beyond the first to the user's rate (P-LV-6). */
  answer(json: string): void {
    if (!exceedsBytes(json, unitBytes)) return
    const units = Math.ceil(utf8Length(json) / unitBytes) - 1
    this.#services.rates.charge(this.#account, units, this.#services.context.runtime.now())
  }

  /** The work with which the client catches up. */
  get catchUp(): CatchUp {
    this.#catchUp ??= new CatchUp({
      runtime: this.#services.context.runtime,
      rates: this.#services.catchUpRates,
      payer: this.#account,
    })
    return this.#catchUp
  }

  /**
   * Charges work with which the client catches up; returns the error when the user still owes for earlier
   * work, else `null` (P-LV-7).
   */
  catchUpWork(units: number): WireError | null {
    const wait = this.catchUp.takeUnits(units)
    return wait === 0 ? null : overLimit('catchUpRate', wait)
  }

  /** Called when the connection has ended. */
  end(): void {
    this.#catchUp?.end()
  }
}
