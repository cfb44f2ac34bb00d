import type { Runtime, Undo } from '../../runtime/runtime.ts'

/** What looks at the clock now and then. */
export interface Beating {
  beat(now: number): void
}

const fastest = 20
const slowest = 1_000

/**
 * One timer for all connections, only while there are any: with ten thousand of them, one each would cost more than it tells.
 *
 * @internal
 */
export class Heartbeat {
  readonly members: Set<Beating> = new Set()
  readonly #runtime: Runtime
  readonly #interval: number
  readonly #after: (now: number) => void
  #timer: Undo | null = null

  constructor(runtime: Runtime, heartbeat: number, after: (now: number) => void) {
    this.#runtime = runtime
    this.#interval = Math.max(fastest, Math.min(slowest, heartbeat / 20))
    this.#after = after
  }

  add(member: Beating): void {
    this.members.add(member)
    this.#timer ??= this.#runtime.timer(this.#interval, () => this.#beat())
  }

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
    this.#after(now)
  }
}
