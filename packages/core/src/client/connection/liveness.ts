import { answerPatience, lateTimer } from '../../protocol/limits.ts'
import { Alarm } from '../../runtime/alarm.ts'
import type { ClientRuntime } from '../../runtime/client-runtime.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { ClientConnection } from './client-connection.ts'

/** Time between two checks, in milliseconds. */
const interval = 1_000

/** Times after which a silent connection is dead, in milliseconds, as `welcome` names them (P-LV-1). */
interface HeartbeatLimits {
  /** Maximum silence of the hub. */
  readonly heartbeat: number
  /** Wait for data after that silence, and for the answer to a ping. */
  readonly grace: number
}

/** A connection that is checked. */
interface Checked extends HeartbeatLimits {
  readonly connection: ClientConnection
  /** Data that has arrived at the last check. */
  received: number
  /** Time of the check that has found new data. */
  heardAt: number
  /** Time of a ping that has no answer yet. */
  pingedAt: number | null
}

/**
 * Notices a dead connection that its transport still takes for alive (P-LV-1): no inbound data for `heartbeat
 * + grace`, or an unanswered send followed by an unanswered ping.
 */
export class Liveness {
  readonly #runtime: ClientRuntime
  readonly #oldestSend: () => number
  readonly #beats: Alarm
  #checked: Checked | null = null
  /**
   * Time of the last pong: a send that is still unanswered then waits for the hub, so the connection is
   * alive.
   */
  #proven = 0

  /**
   * `oldestSend` returns the time at which the oldest unanswered send was last written; it is infinite when
   * there is none.
   */
  constructor(runtime: ClientRuntime, oldestSend: () => number) {
    this.#runtime = runtime
    this.#oldestSend = oldestSend
    this.#beats = new Alarm(runtime)
  }

  /** Starts the checks of a connection that was just welcomed. */
  start(connection: ClientConnection, { heartbeat, grace }: HeartbeatLimits): void {
    const now = this.#runtime.now()
    const checked = { connection, heartbeat, grace, received: -1, heardAt: now, pingedAt: null }
    this.#checked = checked
    this.#schedule(checked, now + interval)
  }

  /** Stops the checks. */
  stop(): void {
    this.#checked = null
    this.#beats.clear()
  }

  /** Checks at once that the connection is alive. */
  check(): void {
    if (this.#checked?.pingedAt === null) this.#ping(this.#checked)
  }

  /** Takes the answer to a ping. */
  pong(): void {
    if (this.#checked !== null) this.#checked.pingedAt = null
    this.#proven = this.#runtime.now()
  }

  #schedule(checked: Checked, expected: number): void {
    this.#beats.set(interval, () => {
      const now = this.#runtime.now()
      this.#schedule(checked, now + interval)
      this.#beat(checked, now - expected > lateTimer)
      this.#judge(checked)
    })
  }

  #beat(checked: Checked, late: boolean): void {
    const now = this.#runtime.now()
    const { connection } = checked
    if (late || connection.received !== checked.received) checked.heardAt = now
    checked.received = connection.received
    // The hub's ping may be stuck behind data that is still to be read, so a client that was silent speaks.
    if (now - connection.writtenAt >= 1.5 * checked.heartbeat) connection.write('["pong"]')
    // After a sleep, neither the silence nor an old ping proves a dead connection: ping again, and wait.
    if (late || (checked.pingedAt === null && this.#overdue(now))) this.#ping(checked)
  }

  #overdue(now: number): boolean {
    return now - Math.max(this.#oldestSend(), this.#proven) >= answerPatience
  }

  #ping(checked: Checked): void {
    checked.pingedAt = this.#runtime.now()
    checked.connection.write('["ping"]')
  }

  #judge({ connection, heartbeat, grace, heardAt, pingedAt }: Checked): void {
    const now = this.#runtime.now()
    const reason =
      pingedAt !== null && now - pingedAt >= grace
        ? 'no answer to a ping'
        : now - heardAt >= heartbeat + grace
          ? 'no data arrived in time'
          : null
    if (reason !== null) connection.abort(new ChatError('unavailable', `unable to stay connected: ${reason}`))
  }
}
