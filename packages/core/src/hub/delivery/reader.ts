import { encodeGap } from '../../protocol/encode.ts'
import { Frame } from '../../transport/batch.ts'
import { type GapReason, type Position, samePosition } from '../../vocabulary/position.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { LogReplay } from './log-replay.ts'

/**
 * The position in a log at which one connection reads. A client that resumes, a slow client and a client that
 * keeps up are all readers. A live reader stands where its feed stands, and costs nothing of its own.
 */
export class Reader {
  /** The id of the session that reads. */
  readonly session: string
  /** The outbox of its connection. */
  readonly outbox: Outbox
  readonly #replay: LogReplay
  #behind: Position | null = null
  #reading = false
  #detached = false

  constructor(replay: LogReplay, session: string, outbox: Outbox) {
    this.#replay = replay
    this.session = session
    this.outbox = outbox
  }

  /** True while the reader stands where its feed stands. */
  get live(): boolean {
    return this.#behind === null
  }

  /** The position before the first message that the reader was not sent. */
  get position(): Position {
    return this.#behind ?? this.#replay.position
  }

  /**
   * Sends the newest message to a live reader, or leaves the reader behind at `before` when its connection
   * does not keep up (P-LV-4).
   */
  offer(frame: Frame, before: Position): void {
    if (this.outbox.full) this.#behind = before
    else this.outbox.push(frame)
  }

  /** Moves the reader to a position, from which {@link Reader.pump} goes on. */
  moveTo(position: Position): void {
    this.#behind = position
  }

  /** Sends a `gap`: the messages up to a position are lost to this reader. */
  tellGap(reason: GapReason, position: Position): void {
    this.outbox.push(new Frame(encodeGap(this.#replay.address, reason, position)))
  }

  /** Stops the reader: it is sent nothing more. */
  detach(): void {
    this.#detached = true
  }

  /**
   * Sends the messages that the reader has missed, as far as the connection takes them. At the feed's
   * position the reader is live again, in the same step.
   */
  pump(): void {
    let reachable = true
    while (reachable && !this.#detached && !this.#reading && this.#behind !== null && !this.outbox.blocked) {
      const from = this.#behind
      if (samePosition(from, this.#replay.position)) {
        this.#behind = null
        return
      }
      this.#reading = true
      this.#replay.pageAfter(from, (page) => {
        this.#reading = false
        if (page === null) reachable = false
        if (page === null || this.#detached || this.#behind === null) return
        // The feed has moved the reader while the page was on its way.
        if (this.#behind !== from) return this.pump()
        if (page.gap !== null) this.tellGap(page.gap, page.next)
        for (const frame of page.frames) this.outbox.push(frame)
        this.#behind = page.next
        if (!page.atOnce) this.pump()
      })
    }
  }
}
