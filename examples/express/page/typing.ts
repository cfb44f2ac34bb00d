/** Casts are cheap, not free: one says enough for this long. */
const quiet = 2_500
/** Without another cast, who typed has stopped. */
const expiry = 5_000

/** Who is typing where: tells others, and forgets those who say no more. */
export class Typing {
  readonly #cast: (room: string, typing: boolean) => void
  readonly #changed: () => void
  readonly #told = new Map<string, number>()
  readonly #timers = new Map<string, Map<string, ReturnType<typeof setTimeout>>>()

  constructor(cast: (room: string, typing: boolean) => void, changed: () => void) {
    this.#cast = cast
    this.#changed = changed
  }

  /** A key was pressed here. */
  pressed(room: string): void {
    const now = Date.now()
    if (now - (this.#told.get(room) ?? 0) < quiet) return
    this.#told.set(room, now)
    this.#cast(room, true)
  }

  /** The text is gone: what was told is taken back. */
  stopped(room: string): void {
    if (this.#told.delete(room)) this.#cast(room, false)
  }

  /** The text was sent: the message itself says that typing is over. */
  sent(room: string): void {
    this.#told.delete(room)
  }

  /** Somebody else types, or has stopped. */
  heard(room: string, who: string, typing: boolean): void {
    const timers = this.#timers.get(room) ?? new Map<string, ReturnType<typeof setTimeout>>()
    this.#timers.set(room, timers)
    clearTimeout(timers.get(who))
    const had = timers.delete(who)
    if (typing)
      timers.set(
        who,
        setTimeout(() => this.heard(room, who, false), expiry),
      )
    if (typing !== had) this.#changed()
  }

  /** Who is typing in a room, in the order in which they began. */
  in(room: string): readonly string[] {
    return [...(this.#timers.get(room)?.keys() ?? [])]
  }
}
