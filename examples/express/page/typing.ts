/** Minimum time between two casts, in milliseconds, to save traffic. */
const quiet = 2_500
/** Time without a cast, in milliseconds, after which a person no longer types. */
const expiry = 5_000

/** Tracks the people who are typing, and tells them about this page. */
export class Typing {
  readonly #cast: (typing: boolean) => void
  readonly #changed: () => void
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  #told: number | null = null

  /** `cast` replaces a cast that still waits, and `changed` is called when another person begins or stops. */
  constructor(cast: (typing: boolean) => void, changed: () => void) {
    this.#cast = cast
    this.#changed = changed
  }

  /** Called when a key is pressed in this page. */
  pressed(): void {
    const now = Date.now()
    if (this.#told !== null && now - this.#told < quiet) return
    this.#told = now
    this.#cast(true)
  }

  /** Called when the text was sent or deleted: takes a cast back, also one that waits for a connection. */
  stopped(): void {
    if (this.#told === null) return
    this.#told = null
    this.#cast(false)
  }

  /** Called when another person types, or has stopped or written. */
  heard(who: string, typing: boolean): void {
    clearTimeout(this.#timers.get(who))
    const had = this.#timers.delete(who)
    if (typing)
      this.#timers.set(
        who,
        setTimeout(() => this.heard(who, false), expiry),
      )
    if (typing !== had) this.#changed()
  }

  /** The people who are typing, in the order in which they began. */
  get names(): readonly string[] {
    return [...this.#timers.keys()]
  }
}
