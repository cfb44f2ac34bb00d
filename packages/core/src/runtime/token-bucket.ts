/**
 * A token bucket: `burst` at once, `rate` a second in the long run.
 *
 * @internal
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

  /** Takes a token, and answers 0; or answers for how many milliseconds there will be none. */
  take(now: number): number {
    const wait = this.wait(now, 1)
    if (wait === 0) this.#tokens--
    return wait
  }

  /** For how many milliseconds there will be fewer tokens than that. */
  wait(now: number, tokens: number): number {
    this.#fill(now)
    const lacking = tokens - this.#tokens
    return lacking > 0 ? Math.ceil((lacking / this.#rate) * 1000) : 0
  }

  /** Takes a token, also one that is not there: the debt is paid off first. */
  charge(now: number): void {
    this.#fill(now)
    this.#tokens--
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
