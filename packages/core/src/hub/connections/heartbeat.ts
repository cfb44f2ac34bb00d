import type { Runtime, Undo } from '../../runtime/runtime.ts'

/** A member of a {@link Heartbeat}. */
export interface Beating {
  /** Called at each interval, with the time. */
  beat(now: number): void
}

const minInterval = 20
const maxInterval = 1_000

/**
 * One timer for all connections, which runs only while there are any. A timer per connection would cost too
 * much with ten thousand connections.
 */
export class Heartbeat {
  /** The connections that are called. */
  readonly members: Set<Beating> = new Set()
  readonly #runtime: Runtime
  readonly #interval: number
  readonly #afterBeat: (now: number) => void
  #timer: Undo | null = null

  /**
   * @param heartbeat - The timeout of the protocol, in milliseconds. The timer's interval is a twentieth of
   * it, between 20 ms and 1 s.
   * @param afterBeat - Called after all members at each interval.
   */
  constructor(runtime: Runtime, heartbeat: number, afterBeat: (now: number) => void) {
    this.#runtime = runtime
    this.#interval = Math.max(minInterval, Math.min(maxInterval, heartbeat / 20))
    this.#afterBeat = afterBeat
  }

  /** Adds a member, and starts the timer for the first member. */
  add(member: Beating): void {
    this.members.add(member)
    this.#timer ??= this.#runtime.timer(this.#interval, () => this.#beat())
  }

  /** Removes a member, and stops the timer after the last member. */
  remove(member: Beating): void {
    this.members.delete(member)
    if (this.members.size > 0) return
    this.#timer?.()
    this.#timer = null
  }

  #beat(): void {
    this.#timer = this.#runtime.timer(this.#interval, () => this.#beat())
    const now = this.#runtime.now()
    for (const member of this.members) member.beat(now)
    this.#afterBeat(now)
  }
}
