import type { Runtime, Undo } from '../runtime/runtime.ts'

/** What is watched. */
export interface Watched {
  /** Grows with everything inbound; `null` while there is no connection. */
  readonly received: number | null
  /** When the oldest unanswered send was last written; `null` when there is none. */
  readonly unanswered: number | null
  ping(): void
  /** The connection is dead. */
  drop(reason: string): void
  /** Once a beat. */
  tick(now: number): void
}

const interval = 1_000
/** A timer that fires later than this was held back: by a sleeping machine, or a throttled tab. */
const heldBack = 2_000
const patience = 5_000

/**
 * Notices that a connection is dead although nobody said so (P-LV-1): nothing inbound for `heartbeat + grace`, or a send without an answer
 * and a ping without a pong.
 *
 * @internal
 */
export class Liveness {
  readonly #runtime: Runtime
  readonly #watched: Watched
  #limits = { heartbeat: 25_000, grace: 10_000 }
  #timer: Undo | null = null
  #expected = 0
  #heard = { received: -1, at: 0 }
  /** When a ping was written that nothing has answered yet. */
  #pinged: number | null = null

  constructor(runtime: Runtime, watched: Watched) {
    this.#runtime = runtime
    this.#watched = watched
  }

  start(limits: { readonly heartbeat: number; readonly grace: number }): void {
    this.#limits = limits
    this.#heard = { received: -1, at: this.#runtime.now() }
    this.#pinged = null
    if (this.#timer === null) this.#schedule()
  }

  stop(): void {
    this.#timer?.()
    this.#timer = null
  }

  /** Finds out whether the connection is alive. */
  check(): void {
    if (this.#watched.received === null || this.#pinged !== null) return
    this.#pinged = this.#runtime.now()
    this.#watched.ping()
  }

  #schedule(): void {
    this.#expected = this.#runtime.now() + interval
    this.#timer = this.#runtime.timer(interval, () => this.#beat())
  }

  #beat(): void {
    const now = this.#runtime.now()
    const late = now - this.#expected > heldBack
    this.#schedule()
    this.#watched.tick(now)
    const { received } = this.#watched
    if (received === null) return
    if (received !== this.#heard.received) {
      this.#heard = { received, at: now }
      this.#pinged = null
    }
    // After a sleep the silence proves nothing: ask first.
    if (late) this.#heard.at = now
    if (late || this.#overdue(now)) this.check()
    this.#judge(now)
  }

  #overdue(now: number): boolean {
    const { unanswered } = this.#watched
    return unanswered !== null && now - unanswered > patience
  }

  #judge(now: number): void {
    const { heartbeat, grace } = this.#limits
    if (this.#pinged !== null && now - this.#pinged > grace) this.#watched.drop('no answer to a ping')
    else if (now - this.#heard.at > heartbeat + grace) this.#watched.drop('nothing was heard')
  }
}
