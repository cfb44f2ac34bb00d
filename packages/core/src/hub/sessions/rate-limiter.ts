import { TokenBucket } from '../../runtime/token-bucket.ts'
import type { User } from '../options.ts'

/**
 * Whose rate an operation counts toward: the user's, or for nobody in particular the remote address's (P-LV-3).
 *
 * @internal
 */
export const rateKey = ({ id, anonymous }: User, remoteAddress: string): string =>
  anonymous === true ? `address ${remoteAddress}` : `user ${id}`

/**
 * The buckets of everyone who has used some of theirs; a full one is forgotten, since a new one is no different.
 *
 * @internal
 */
export class RateLimiter {
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #rate: number
  readonly #burst: number

  constructor(rate: number, burst: number) {
    this.#rate = rate
    this.#burst = burst
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Answers 0, or for how many milliseconds `who` must wait. */
  take(who: string, now: number): number {
    let bucket = this.#buckets.get(who)
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#rate, this.#burst, now)
      this.#buckets.set(who, bucket)
    }
    return bucket.take(now)
  }

  sweep(now: number): void {
    for (const [who, bucket] of this.#buckets) if (bucket.full(now)) this.#buckets.delete(who)
  }
}
