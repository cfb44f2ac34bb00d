import type { WelcomeLimits } from '../../protocol/hub-frames.ts'
import { reconnectDelay } from '../../protocol/limits.ts'
import { Alarm } from '../../runtime/alarm.ts'
import type { ClientRuntime } from '../../runtime/client-runtime.ts'
import { TokenBucket } from '../../runtime/token-bucket.ts'
import type { ChatError } from '../../vocabulary/errors.ts'
import { backoff } from '../connection/backoff.ts'

/** Rate at which a client may write operations, as `welcome` names it. */
type Rate = Pick<WelcomeLimits, 'rate' | 'burst'>

/** Paces the operations of a client to the rate that its hub allows, and after a refusal for a limit. */
export class Pace {
  readonly #runtime: ClientRuntime
  readonly #onReady: () => void
  #limits: Rate = { rate: 0, burst: 0 }
  #bucket = new TokenBucket(0, 0, 0)
  /** Rings when the next operation that counts may be written. */
  readonly #alarm: Alarm
  /** Refusals for a limit since the last accepted operation. */
  #refusals = 0
  /** `true` while nothing is written because of such a refusal. */
  #yielding = false

  /** `onReady` is called when operations may be written again, after they had to wait. */
  constructor(runtime: ClientRuntime, onReady: () => void) {
    this.#runtime = runtime
    this.#onReady = onReady
    this.#alarm = new Alarm(runtime)
  }

  /** Takes the rate of a `welcome`. */
  start(limits: Rate): void {
    const { rate, burst } = limits
    // The hub counts per user across connections, so the bucket stays as empty as it is.
    if (this.#limits.rate !== rate || this.#limits.burst !== burst)
      // A bucket that is smaller than an operation would be looked at again and again.
      this.#bucket = new TokenBucket(rate, Math.max(burst, 1), this.#runtime.now())
    this.#limits = limits
  }

  /** Returns `true` when the rate allows so many operations, of which those without an answer are not charged yet. */
  allows(operations: number): boolean {
    if (this.#alarm.left !== null) return false
    const wait = this.#bucket.wait(this.#runtime.now(), operations)
    if (wait > 0) this.#wait(wait)
    return wait === 0
  }

  /** Charges operations, also above the rate: later operations wait the longer. */
  charge(operations: number): void {
    this.#bucket.charge(this.#runtime.now(), operations)
  }

  /** The hub has accepted an operation. */
  accepted(): void {
    this.#refusals = 0
  }

  /**
   * Allows nothing for a while, because a limit of the user is used up: by other clients of the user, since
   * this client paces itself. The wait grows with each refusal, so that many clients do not refuse each
   * other.
   */
  yield({ retryAfter = 0 }: ChatError): void {
    if (this.#yielding) return
    this.#yielding = true
    this.#bucket.empty(this.#runtime.now())
    const asked = Math.min(retryAfter, reconnectDelay.longest)
    this.#wait(Math.max(asked, backoff(this.#refusals++, this.#runtime.random())))
  }

  /** Ends the wait, with the connection. */
  stop(): void {
    this.#alarm.clear()
    this.#yielding = false
  }

  #wait(time: number): void {
    this.#alarm.set(time, () => {
      this.#yielding = false
      this.#onReady()
    })
  }
}
