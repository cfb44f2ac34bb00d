import { encodeGap, type WireError } from '../../protocol/encode.ts'
import type { Turns } from '../../runtime/turns.ts'
import { Frame } from '../../transport/batch.ts'
import { type GapReason, type Position, samePosition } from '../../vocabulary/position.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { ReplayPage } from './log-replay.ts'

/** The log of a {@link Reader}. */
export interface ReaderLog {
  /** The address of the log. */
  readonly address: string
  /** The verified position of this node, at which a reader is live. */
  readonly position: Position
  /** Shares the event loop between the readers. */
  readonly turns: Turns
  /**
   * Hands over the next messages after a position, up to this node's own; `null` when the log is out of
   * reach. The feed then tries again later.
   */
  pageAfter(position: Position, take: (page: ReplayPage | null) => void): void
  /** Called when a reader that was behind is live again. */
  caughtUp(reader: Reader): void
}

/** Pays for replays that a client has asked for (P-LV-7). */
export interface ReplayPayer {
  /** Tells whether a page may be replayed now. Otherwise `later` is called when it may. */
  mayReplay(later: () => void): boolean
  /** Charges the bytes of a page. */
  chargeReplay(bytes: number): void
}

/** A session that asks for replays. Its payer is made for the first of them, because most sessions ask for none. */
export interface PayingSession {
  /** Pays for the session's replays. */
  readonly catchUp: ReplayPayer
}

/**
 * The position in a log at which one connection reads. A client that resumes, a slow client and a client that
 * keeps up are all readers. A live reader stands where its feed stands, and costs nothing of its own.
 */
export class Reader {
  /** The id of the session that reads. */
  readonly session: string
  /** The outbox of its connection. */
  readonly outbox: Outbox
  readonly #log: ReaderLog
  #behind: Position | null = null
  /** The session that pays for a replay that it has asked for; `null` for a reader that is only slow. */
  #payer: ReplayPayer | null = null
  /** Set while a page is on its way, and while the reader waits for its turn or for units. */
  #busy = false
  #detached = false

  constructor(log: ReaderLog, session: string, outbox: Outbox) {
    this.#log = log
    this.session = session
    this.outbox = outbox
  }

  /** True while the reader stands where its feed stands. */
  get live(): boolean {
    return this.#behind === null
  }

  /** The position before the first message that the reader was not sent. */
  get position(): Position {
    return this.#behind ?? this.#log.position
  }

  /**
   * Sends the newest message to a live reader, or leaves the reader behind at `before` when its connection
   * does not keep up (P-LV-4). Returns false when the reader was left behind.
   */
  offer(frame: Frame, before: Position): boolean {
    if (this.outbox.full) {
      this.#behind = before
      return false
    }
    this.outbox.push(frame)
    return true
  }

  /**
   * Moves the reader to a position, from which {@link Reader.pump} goes on. `payer` pays for a replay that it
   * has asked for.
   */
  moveTo(position: Position, payer: ReplayPayer | null = null): void {
    this.#behind = position
    this.#payer = payer
  }

  /** Sends a `gap`: the messages up to a position are lost to this reader. */
  tellGap(reason: GapReason, position: Position): void {
    this.outbox.push(new Frame(encodeGap(this.#log.address, reason, position)))
  }

  /** Called when a stream has ended for this reader (`null`), or can no longer be read. */
  endMembership(_left: WireError | null): void {
    this.detach()
  }

  /** Stops the reader: it is sent nothing more. */
  detach(): void {
    this.#detached = true
  }

  /**
   * Sends the messages that the reader has missed, as far as the connection takes them and in turn with the
   * other connections. At the feed's position the reader is live again, in the same step.
   */
  pump(): void {
    this.#readOn(false)
  }

  /** @param hasTurn - True when the first page may be read now, because the reader has waited for its turn. */
  #readOn(hasTurn: boolean): void {
    let reachable = true
    let mayRead = hasTurn
    while (reachable && !this.#detached && !this.#busy && this.#behind !== null && !this.outbox.blocked) {
      const from = this.#behind
      if (samePosition(from, this.#log.position)) {
        this.#behind = null
        this.#payer = null
        return this.#log.caughtUp(this)
      }
      if (!mayRead && this.#log.turns.crowded) return this.#waitForTurn(() => this.#readOn(true))
      if (!this.#hasUnits()) return
      mayRead = false
      this.#busy = true
      this.#log.pageAfter(from, (page) => {
        this.#busy = false
        if (page === null) reachable = false
        else if (page.atOnce || !this.#log.turns.crowded) this.#takePage(from, page)
        else this.#waitForTurn(() => this.#takePage(from, page))
      })
    }
  }

  /** Tells whether a page is paid for. Otherwise the reader goes on by itself, later. */
  #hasUnits(): boolean {
    if (this.#payer === null) return true
    const paid = this.#payer.mayReplay(() => {
      this.#busy = false
      this.pump()
    })
    this.#busy = !paid
    return paid
  }

  #waitForTurn(then: () => void): void {
    this.#busy = true
    this.#log.turns.wait(this.outbox, () => {
      this.#busy = false
      then()
    })
  }

  #takePage(from: Position, page: ReplayPage): void {
    if (this.#detached || this.#behind === null) return
    // The feed may have moved the reader while the page was on its way.
    if (this.#behind === from) this.#sendPage(page)
    if (!page.atOnce) this.pump()
  }

  #sendPage({ frames, gap, next }: ReplayPage): void {
    this.#log.turns.spend(2 + (frames.length >> 4))
    if (this.#payer !== null) this.#payer.chargeReplay(frames.reduce((sum, { bytes }) => sum + bytes, 0))
    if (gap !== null) this.tellGap(gap, next)
    for (const frame of frames) this.outbox.push(frame)
    this.#behind = next
  }
}
