/**
 * A token bucket: `burst` tokens at once, `rate` tokens a second in the long run.
 */
export class TokenBucket {
  #tokens: number
  #at: number
  readonly #rate: number
  readonly #burst: number

  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** Returns the milliseconds until there are so many tokens. */
  wait(now: number, tokens: number): number {
    this.#fill(now)
    const lacking = tokens - this.#tokens
    return lacking > 0 ? Math.ceil((lacking / this.#rate) * 1000) : 0
  }

  /** Takes tokens even from an empty bucket. The debt is paid off first. */
  charge(now: number, tokens = 1): void {
    this.#fill(now)
    this.#tokens -= tokens
  }

  /** Takes all tokens. */
  empty(now: number): void {
    this.#fill(now)
    this.#tokens = Math.min(this.#tokens, 0)
  }

  #fill(now: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#rate)
    this.#at = now
  }
}
