import type { MsgFrame } from '../../protocol/hub-frames.ts'
import { deliveredIds } from '../../protocol/limits.ts'
import type { LogStart, Position } from '../../vocabulary/position.ts'

/** What to do with a message. */
export type Verdict =
  /** It is new. */
  | 'deliver'
  /** It was delivered before, or nobody is attached. */
  | 'ignore'
  /** Something before it is missing: join again with the position before going on. */
  | 'hole'

/**
 * What a client knows of one stream: where it stands, and what it has delivered. Pure.
 *
 * @internal
 */
export class LogPosition {
  /** The place of the last message; `null` before the first attachment. */
  position: Position | null
  /** The ids that were delivered last. */
  readonly delivered: Set<string>
  #attached = false

  /** `delivered` is what an earlier inbox of the same stream has delivered. */
  constructor(position: Position | null, delivered: Set<string> = new Set()) {
    this.position = position
    this.delivered = delivered
  }

  /** Until the next attachment nothing is delivered. */
  detach(): void {
    this.#attached = false
  }

  get attached(): boolean {
    return this.#attached
  }

  /** Takes the answer to a join or hello. */
  attach({ position }: LogStart): void {
    this.#attached = true
    this.position = position
  }

  /** Takes the answer to a join at the place of a snapshot: the application starts anew, so what it was given before does not count. */
  restart(attachment: LogStart): void {
    this.attach(attachment)
    this.delivered.clear()
  }

  /** Messages up to a position are lost; the stream goes on behind it. */
  skip(position: Position): void {
    this.position = position
  }

  /** Decides on a message, in the order of P-ST-7, and moves on. */
  take(message: MsgFrame): Verdict {
    if (!this.#attached || this.position === null) return 'ignore'
    const [epoch, at] = this.position
    if (message.at <= at) return 'ignore'
    if (message.prev !== at) {
      this.#attached = false
      return 'hole'
    }
    this.position = [epoch, message.at, message.id]
    return this.#remember(message.id) ? 'deliver' : 'ignore'
  }

  #remember(id: string): boolean {
    if (this.delivered.has(id)) return false
    this.delivered.add(id)
    if (this.delivered.size > deliveredIds) {
      const [oldest] = this.delivered
      if (oldest !== undefined) this.delivered.delete(oldest)
    }
    return true
  }
}
