/**
 * A token bucket: `burst` at once, `rate` a second in the long run.
 *
 * @internal
 */
export class Bucket {
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

  /** Takes a token, and answers 0; or answers for how many milliseconds there will be none. */
  take(now: number): number {
    this.#fill(now)
    if (this.#tokens >= 1) {
      this.#tokens--
      return 0
    }
    return Math.ceil(((1 - this.#tokens) / this.#rate) * 1000)
  }

  full(now: number): boolean {
    this.#fill(now)
    return this.#tokens >= this.#burst
  }

  #fill(now: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#rate)
    this.#at = now
  }
}
