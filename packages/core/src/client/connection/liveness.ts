import { answerPatience, lateTimer } from '../../protocol/limits.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'

/** What is watched. */
export interface Watched {
  /** Grows with everything inbound; `null` while there is no connection. */
  readonly received: number | null
  /** When the oldest unanswered send was last written; `null` when there is none. */
  readonly unanswered: number | null
  /** Grows with everything that is written. */
  readonly written: number
  ping(): void
  /** A sign of life that nothing answers. */
  pong(): void
  /** The connection is dead. */
  drop(reason: string): void
}

const interval = 1_000

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
  #said = { written: -1, at: 0 }
  /** When a ping was written that no pong has answered yet. */
  #pinged: number | null = null
  /** When the last pong came: what has no answer since then waits for the hub, not for the connection. */
  #proven = Number.NEGATIVE_INFINITY

  constructor(runtime: Runtime, watched: Watched) {
    this.#runtime = runtime
    this.#watched = watched
  }

  /** A connection is welcomed. */
  start(limits: { readonly heartbeat: number; readonly grace: number }): void {
    this.stop()
    this.#limits = limits
    this.#heard = { received: -1, at: this.#runtime.now() }
    this.#said = { written: -1, at: this.#runtime.now() }
    this.#pinged = null
    this.#schedule()
  }

  stop(): void {
    this.#timer?.()
    this.#timer = null
  }

  /** Finds out whether the connection is alive. */
  check(): void {
    if (this.#watched.received !== null && this.#pinged === null) this.#ping(this.#runtime.now())
  }

  pong(): void {
    this.#pinged = null
    this.#proven = this.#runtime.now()
  }

  #schedule(): void {
    this.#expected = this.#runtime.now() + interval
    this.#timer = this.#runtime.timer(interval, () => this.#beat())
  }

  #beat(): void {
    const now = this.#runtime.now()
    const late = now - this.#expected > lateTimer
    this.#schedule()
    const { received } = this.#watched
    if (received === null) return
    if (received !== this.#heard.received) this.#heard = { received, at: now }
    this.#speak(now)
    if (late) {
      // After a sleep neither the silence nor an old ping proves anything: ask anew, and wait.
      this.#heard.at = now
      this.#ping(now)
    } else if (this.#overdue(now)) this.check()
    this.#judge(now)
  }

  /** The hub's ping may be stuck behind all that is still to be read; what the hub hears meanwhile is this. */
  #speak(now: number): void {
    const { written } = this.#watched
    if (written !== this.#said.written) this.#said = { written, at: now }
    else if (now - this.#said.at >= 1.5 * this.#limits.heartbeat) this.#watched.pong()
  }

  #overdue(now: number): boolean {
    const { unanswered } = this.#watched
    return unanswered !== null && now - Math.max(unanswered, this.#proven) >= answerPatience
  }

  #ping(now: number): void {
    this.#pinged = now
    this.#watched.ping()
  }

  #judge(now: number): void {
    const { heartbeat, grace } = this.#limits
    if (this.#pinged !== null && now - this.#pinged >= grace) this.#watched.drop('no answer to a ping')
    else if (now - this.#heard.at >= heartbeat + grace) this.#watched.drop('nothing was heard')
  }
}
