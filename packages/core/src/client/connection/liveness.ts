import { answerPatience, lateTimer } from '../../protocol/limits.ts'
import type { ClientRuntime } from '../../runtime/client-runtime.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { ClientConnection } from './client-connection.ts'
import type { Connector } from './connector.ts'

/** Time between two checks, in milliseconds. */
const interval = 1_000

/** Times after which a silent connection is dead, in milliseconds, as `welcome` names them (P-LV-1). */
interface HeartbeatLimits {
  /** Maximum silence of the hub. */
  readonly heartbeat: number
  /** Wait for data after that silence, and for the answer to a ping. */
  readonly grace: number
}

/**
 * Notices a dead connection that its transport still takes for alive (P-LV-1): no inbound data for `heartbeat
 * + grace`, or an unanswered send followed by an unanswered ping.
 */
export class Liveness {
  readonly #runtime: ClientRuntime
  readonly #connector: Connector
  readonly #oldestSend: () => number
  /** Times of the present connection; before the first, the checks have not begun. */
  #limits: HeartbeatLimits = { heartbeat: 0, grace: 0 }
  #timer: Undo | null = null
  #expected = 0
  #heard = { received: -1, at: 0 }
  #said = { written: -1, at: 0 }
  /** Time of a ping that has no answer yet. */
  #pinged: number | null = null
  /**
   * Time of the last pong: a send that is still unanswered then waits for the hub, so the connection is
   * alive.
   */
  #proven = Number.NEGATIVE_INFINITY

  /**
   * `oldestSend` returns the time at which the oldest unanswered send was last written; it is infinite when
   * there is none.
   */
  constructor(runtime: ClientRuntime, connector: Connector, oldestSend: () => number) {
    this.#runtime = runtime
    this.#connector = connector
    this.#oldestSend = oldestSend
  }

  /** Starts the checks of a connection that was just welcomed. */
  start(limits: HeartbeatLimits): void {
    this.stop()
    this.#limits = limits
    this.#heard = { received: -1, at: this.#runtime.now() }
    this.#said = { written: -1, at: this.#runtime.now() }
    this.#pinged = null
    this.#schedule()
  }

  /** Stops the checks. */
  stop(): void {
    this.#timer?.()
    this.#timer = null
  }

  /** Checks at once that the connection is alive. */
  check(): void {
    if (this.#connector.live !== null && this.#pinged === null) this.#ping(this.#runtime.now())
  }

  /** Takes the answer to a ping. */
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
    const { live } = this.#connector
    if (live === null) return
    const { received } = live
    if (received !== this.#heard.received) this.#heard = { received, at: now }
    this.#speak(live, now)
    if (late) {
      // After a sleep, neither the silence nor an old ping proves a dead connection: ping again, and wait.
      this.#heard.at = now
      this.#ping(now)
    } else if (this.#overdue(now)) this.check()
    this.#judge(now)
  }

  /**
   * Writes a pong after a silence of this client, because the hub's ping may be stuck behind data that is
   * still to be read.
   */
  #speak(live: ClientConnection, now: number): void {
    const { written } = live
    if (written !== this.#said.written) this.#said = { written, at: now }
    else if (now - this.#said.at >= 1.5 * this.#limits.heartbeat) live.write('["pong"]')
  }

  #overdue(now: number): boolean {
    return now - Math.max(this.#oldestSend(), this.#proven) >= answerPatience
  }

  #ping(now: number): void {
    this.#pinged = now
    this.#connector.live?.write('["ping"]')
  }

  #judge(now: number): void {
    const { heartbeat, grace } = this.#limits
    if (this.#pinged !== null && now - this.#pinged >= grace) this.#connector.drop('no answer to a ping')
    else if (now - this.#heard.at >= heartbeat + grace) this.#connector.drop('no data arrived in time')
  }
}
