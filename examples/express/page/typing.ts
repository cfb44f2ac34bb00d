/** Minimum time between two casts, in milliseconds, to save traffic. */
const quiet = 2_500
/** Time without a cast, in milliseconds, after which a person no longer types. */
const expiry = 5_000

/** Tracks the people who are typing in each room, and tells the rooms about this tab. */
export class Typing {
  readonly #cast: (room: string, typing: boolean) => void
  readonly #changed: () => void
  readonly #told = new Map<string, number>()
  readonly #timers = new Map<string, Map<string, ReturnType<typeof setTimeout>>>()

  constructor(cast: (room: string, typing: boolean) => void, changed: () => void) {
    this.#cast = cast
    this.#changed = changed
  }

  /** Called when a key is pressed in this tab. */
  pressed(room: string): void {
    const now = Date.now()
    if (now - (this.#told.get(room) ?? 0) < quiet) return
    this.#told.set(room, now)
    this.#cast(room, true)
  }

  /** Called when the text was deleted: tells the room that typing has stopped. */
  stopped(room: string): void {
    if (this.#told.delete(room)) this.#cast(room, false)
  }

  /** Called when the text was sent: needs no cast, because the message itself ends the typing. */
  sent(room: string): void {
    this.#told.delete(room)
  }

  /** Called when another person types or has stopped. */
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

  /** Returns the names of the people who are typing in a room, in the order in which they began. */
  in(room: string): readonly string[] {
    return [...(this.#timers.get(room)?.keys() ?? [])]
  }
}
