import type { MsgFrame } from '../../protocol/hub-frames.ts'
import type { Position } from '../../vocabulary/position.ts'
import { rememberId } from './delivered-ids.ts'

/** Result of a message for the reader of a log: its delivery, or the reason for none. */
export type LogPositionStep =
  /** The message is new. */
  | 'deliver'
  /** The message was delivered before, or the log is detached. */
  | 'ignore'
  /**
   * A message before this one is missing: join again with the position, before any later message is
   * delivered.
   */
  | 'hole'

/** Position of a client in the log of an address, with the ids that it has delivered. Pure. */
export class LogPosition {
  /** Position of the last message; `null` before the first attachment. */
  position: Position | null
  /** Ids of the messages that were delivered last. */
  readonly delivered: Set<string>
  #attached = false

  /** `delivered` holds the ids of an earlier subscription to the same address. */
  constructor(position: Position | null, delivered: Set<string> = new Set()) {
    this.position = position
    this.delivered = delivered
  }

  /** Stops the delivery until the next attachment. */
  detach(): void {
    this.#attached = false
  }

  /** `true` while messages are delivered. */
  get attached(): boolean {
    return this.#attached
  }

  /** Continues at the start that a `join` or `hello` was answered with. */
  attach(position: Position): void {
    this.#attached = true
    this.position = position
  }

  /**
   * Continues at the position of a snapshot. The application starts again, so messages that it got earlier
   * are delivered again.
   */
  restart(position: Position): void {
    this.attach(position)
    this.delivered.clear()
  }

  /** Continues after a position: the messages up to it are lost. */
  skip(position: Position): void {
    this.position = position
  }

  /** Decides on a message in the order of P-ST-7, and moves the position. */
  takeMessage(message: MsgFrame): LogPositionStep {
    if (!this.#attached || this.position === null) return 'ignore'
    const [epoch, last] = this.position
    const [, , at, , , , id, , prev] = message
    if (at <= last) return 'ignore'
    if ((prev ?? at - 1) !== last) {
      this.#attached = false
      return 'hole'
    }
    this.position = [epoch, at, id]
    return rememberId(this.delivered, id) ? 'deliver' : 'ignore'
  }
}
