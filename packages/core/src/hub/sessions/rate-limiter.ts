import { TokenBucket } from '../../runtime/token-bucket.ts'
import { networkOf } from '../../transport/remote-address.ts'

/** Returns the key under which operations count: the payer's, or that of the remote address (P-LV-6). */
export const accountOf = (payer: string | null, remoteAddress: string): string =>
  payer === null ? `address ${networkOf(remoteAddress)}` : `user ${payer}`

/** The tokens of one key. */
export class RateBucket extends TokenBucket {
  /** True once the limiter has forgotten the bucket: the key has another, or none. */
  forgotten = false

  /** Takes a token and returns 0; without a token, returns the milliseconds until there is one. */
  take(now: number): number {
    const wait = this.wait(now, 1)
    if (wait === 0) this.charge(now)
    return wait
  }
}

/** Token buckets by key. A full bucket is forgotten, because a new bucket is no different. */
export class RateLimiter {
  readonly #buckets = new Map<string, RateBucket>()
  readonly #rate: number
  readonly #burst: number

  /**
   * @param rate - Tokens per second.
   * @param burst - Tokens of a full bucket.
   */
  constructor(rate: number, burst: number) {
    this.#rate = rate
    this.#burst = burst
  }

  /** Number of buckets. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes a token, and returns 0; without a token, returns the time until the next token in milliseconds. */
  takeToken(key: string, now: number): number {
    return this.bucketOf(key, now).take(now)
  }

  /** Returns the time until there is a token, in milliseconds; 0 when there is one. */
  waitForToken(key: string, now: number): number {
    return this.#buckets.get(key)?.wait(now, 1) ?? 0
  }

  /** Takes tokens, also those that are not there. The debt is paid off first. */
  charge(key: string, tokens: number, now: number): void {
    this.bucketOf(key, now).charge(now, tokens)
  }

  /** Forgets the buckets that are full. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.wait(now, this.#burst) > 0) continue
      bucket.forgotten = true
      this.#buckets.delete(key)
    }
  }

  /** Returns the bucket of a key. It is the key's until it is {@link RateBucket.forgotten}. */
  bucketOf(key: string, now: number): RateBucket {
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      bucket = new RateBucket(this.#rate, this.#burst, now)
      this.#buckets.set(key, bucket)
    }
    return bucket
  }
}
