import type { LogEntry, LogPage } from '../../backplane/backplane.ts'
import { Few } from '../../runtime/few.ts'
import { isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { Turns } from '../../runtime/turns.ts'
import { Frame } from '../../transport/batch.ts'
import { type GapReason, type LogStart, type Position, samePosition } from '../../vocabulary/position.ts'
import { readCast } from '../connections/cast-message.ts'
import type { HubContext } from '../context.ts'
import { type CursorFeed, LogCursor } from './log-cursor.ts'
import { type LogParts, LogReplay, type ReplayPage } from './log-replay.ts'
import { MessageEncoder } from './message-encoder.ts'
import { PositionCheck } from './position-check.ts'
import type { PayingSession, Reader, ReaderLog } from './reader.ts'
import { RecentMessages } from './recent-messages.ts'
import { SharedReads } from './shared-reads.ts'

/** Messages in one page of a replay. */
const pageSize = 256

/** The text that tells the nodes with a feed of an address that a message of its log was redacted. */
export const redactionNotice = 'redacted'

/**
 * The messages of one address on this node: a cursor in its log, the recent messages, and the readers. The
 * feed reads the log once for all readers.
 *
 * Each client has a feed for its inbox, in which nothing may ever happen: most parts are made when they are
 * used.
 */
export class LogFeed implements LogParts, CursorFeed, ReaderLog {
  /** The address of the feed. */
  readonly address: string
  readonly readers: Few<Reader> = new Few()
  /** True when a join may ask for a bounded replay only (P-ST-5). */
  readonly bounded: boolean = true
  /** Number of readers and operations that need this feed; it is counted by the {@link FeedRegistry}. */
  holds = 0
  readonly #context: HubContext
  readonly cursor: LogCursor
  #stopHints: Undo | null = null
  #stopCasts: Undo | null = null
  #recent: RecentMessages | null = null
  #encoder: MessageEncoder | null = null
  #reads: SharedReads | null = null
  #replay: LogReplay | null = null
  #positions: PositionCheck | null = null
  #opening: Promise<void> | null = null

  constructor(context: HubContext, address: string) {
    this.address = address
    this.#context = context
    this.cursor = new LogCursor(context, this)
  }

  get recent(): RecentMessages {
    this.#recent ??= new RecentMessages()
    return this.#recent
  }

  get encoder(): MessageEncoder {
    this.#encoder ??= new MessageEncoder(this.address)
    return this.#encoder
  }

  get reads(): SharedReads {
    this.#reads ??= new SharedReads(this.turns, this)
    return this.#reads
  }

  get turns(): Turns {
    return this.#context.turns
  }

  /** The position of the last message that this node has verified. */
  get position(): Position {
    return this.cursor.position
  }

  /** The position at which a reader goes on after a gap. */
  get restart(): Position {
    return this.position
  }

  /** True once the position is known. */
  get opened(): boolean {
    return this.cursor.opened
  }

  /** True while the log may be another log than this node has read. */
  get unverified(): boolean {
    return this.cursor.unverified
  }

  /**
   * Lets the feed learn its position in the log; in this very call when the log answers at once. The same read
   * also serves the check of `since`.
   *
   * @throws the error of the backplane when the log is out of reach.
   */
  open(since: Position | null): MaybePromise<void> {
    if (!this.opened) return this.#opening ?? this.#start(since)
  }

  /** Stops listening to the backplane. */
  close(): void {
    this.#stopHints?.()
    this.#stopCasts?.()
    this.#stopHints = null
    this.#stopCasts = null
    this.cursor.close()
  }

  /**
   * Reads the log for messages whose hints were lost, and goes on with readers for which it was out of reach.
   */
  check(): void {
    this.cursor.check()
    for (const reader of this.readers.values()) reader.pump()
  }

  /** Compares the log with what this node has read, because the backplane was out of reach. */
  verify(): void {
    if (this.#stopHints !== null) this.cursor.verify()
  }

  /** Reads the page after an offset. */
  readPage(after: number): MaybePromise<LogPage> {
    return this.#context.backplane.read(this.address, { after, limit: pageSize })
  }

  pageAfter(position: Position, take: (page: ReplayPage | null) => void): void {
    this.#replay ??= new LogReplay(this.#context, this)
    this.#replay.pageAfter(position, take)
  }

  /**
   * Resolves with `null` when a reader can go on from a position, else with the reason why it cannot (P-ST-2,
   * P-ST-5).
   */
  checkPosition(since: Position): Promise<GapReason | null> {
    this.#positions ??= new PositionCheck(this.#context, this)
    const positions = this.#positions
    return new Promise((resolve) => positions.check(since, resolve))
  }

  /** Adds a live reader at the top. */
  addReader(reader: Reader): void {
    this.readers.add(reader)
  }

  /** Removes a reader, and stops it. */
  removeReader(reader: Reader): void {
    reader.detach()
    this.readers.delete(reader)
  }

  /**
   * Lets a new reader go on from a position; without one, and after a gap, it is live at the top. `session`
   * pays for the replay.
   */
  placeReader(
    reader: Reader,
    since: Position | null,
    reason: GapReason | null,
    session: PayingSession,
  ): void {
    // The log may have become another log since the position was checked: the reader learns of it when it
    // goes on from there.
    if (since !== null && reason === null && !samePosition(since, this.position))
      reader.moveTo(since, session.catchUp)
  }

  /** Called when a reader that was behind is live again. */
  caughtUp(_reader: Reader): void {}

  /** Returns the start of a reader, for the answer to a join (P-ST-3). */
  startOf(reader: Reader, reason: GapReason | null): LogStart {
    const { position } = reader
    const top = this.position[1]
    if (reason !== null) return { position, top, mode: 'gap', reason }
    return { position, top, mode: reader.live ? 'live' : 'replay' }
  }

  #start(since: Position | null): MaybePromise<void> {
    const { backplane } = this.#context
    // The hints come first, then the top: a message that is stored in between is part of either.
    this.#stopHints = backplane.tail(this.address, (hint) => this.cursor.takeHint(hint))
    this.#stopCasts = backplane.subscribe(this.address, (text) => this.#deliverCast(text))
    try {
      const page = this.#readTop(since)
      if (!isPromise(page)) return this.#openAt(page)
      this.#opening = page.then(
        (read) => {
          this.#opening = null
          this.#openAt(read)
        },
        (error) => this.#fail(error),
      )
      return this.#opening
    } catch (error) {
      this.#fail(error)
    }
  }

  #openAt(page: LogPage): void {
    this.logRead(page)
    this.cursor.open(page)
  }

  /** Called with each page that was read. */
  protected logRead(_page: LogPage): void {}

  #readTop(since: Position | null): MaybePromise<LogPage> {
    if (since === null) return this.#context.backplane.read(this.address, { before: null, limit: 1 })
    return new Promise((take, failed) => this.reads.pageAfter(since[1], { take, failed }))
  }

  /** Ends an opening that has failed. */
  #fail(error: unknown): never {
    this.#opening = null
    this.close()
    throw error
  }

  /** Tells every reader that the log is not the one this node has read; the readers go on from its top. */
  logRestarted(reason: GapReason): void {
    this.recent.clear()
    for (const reader of this.readers.values()) {
      reader.moveTo(this.restart)
      reader.tellGap(reason, this.restart)
      reader.pump()
    }
  }

  /** Delivers a cast to every reader except the session that sent it (P-ST-9). */
  #deliverCast(text: string): void {
    // The next reader that is behind reads the log itself.
    if (text === redactionNotice) {
      this.recent.clear()
      return this.reads.forget()
    }
    const cast = readCast(text)
    if (cast === null || cast.address !== this.address)
      return this.#context.reportBackplane(
        new Error('unable to deliver a cast: it is malformed'),
        this.address,
      )
    const frame = new Frame(cast.frame)
    let slow = 0
    for (const reader of this.readers.values())
      if (reader.session !== cast.session && !reader.outbox.pushCast(frame, cast.key)) slow++
    if (slow === 0) return
    const { address } = this
    const session = cast.session === '' ? null : cast.session
    this.#context.observe?.({ type: 'drop', address, event: null, session, code: null, readers: slow })
  }

  /** Delivers an entry to the readers that keep up. */
  entryPassed(entry: LogEntry, before: Position): void {
    const frame = this.encoder.encodeEntry(entry, before[1])
    this.recent.push(this.encoder.keepSent(entry, before[1], frame))
    let written = 0
    for (const reader of this.readers.values()) if (reader.live && reader.offer(frame, before)) written++
    if (this.#context.observe !== null) this.#observeDelivery(entry, written)
  }

  #observeDelivery({ event, id, time }: LogEntry, readers: number): void {
    const { observe, observedTime } = this.#context
    const behind = this.readers.size - readers
    observe?.({
      type: 'deliver',
      address: this.address,
      event,
      id,
      readers,
      behind,
      lag: observedTime - time,
    })
  }
}
