import type { LogEntry, LogPage } from '../../backplane/backplane.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { Frame } from '../../transport/batch.ts'
import type { GapReason, LogStart, Position } from '../../vocabulary/position.ts'
import { readCast } from '../connections/cast-message.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'
import { type CursorFeed, LogCursor } from './log-cursor.ts'
import { type LogParts, LogReplay } from './log-replay.ts'
import { MessageEncoder } from './message-encoder.ts'
import { PositionCheck } from './position-check.ts'
import { Reader } from './reader.ts'
import { RecentMessages } from './recent-messages.ts'
import { SharedReads } from './shared-reads.ts'

/** Messages in one page of a replay. */
const pageSize = 256

/** The text that tells the nodes with a feed of an address that a message of its log was redacted. */
export const redactionNotice = 'redacted'

interface Opening {
  readonly ready: () => void
  readonly failed: (error: unknown) => void
}

/**
 * The messages of one address on this node: a cursor in its log, the recent messages, and the readers. The
 * feed reads the log once for all readers.
 */
export class LogFeed implements LogParts, CursorFeed {
  /** The address of the feed. */
  readonly address: string
  /** The readers, by the id of their session. */
  readonly readers: Map<string, Reader> = new Map()
  /** Number of readers and operations that need this feed; it is counted by the {@link FeedRegistry}. */
  holds = 0
  readonly #context: HubContext
  #undo: readonly Undo[] = []
  readonly recent: RecentMessages = new RecentMessages()
  readonly encoder: MessageEncoder
  readonly reads: SharedReads
  readonly cursor: LogCursor
  readonly #replay: LogReplay
  #positions: PositionCheck | null = null
  #openings: Opening[] = []

  constructor(context: HubContext, address: string) {
    this.address = address
    this.#context = context
    this.encoder = new MessageEncoder(address)
    this.reads = new SharedReads(context.turns, this)
    this.cursor = new LogCursor(context, this)
    this.#replay = new LogReplay(context, this)
  }

  /** The position of the last message that this node has verified. */
  get position(): Position {
    return this.cursor.position
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
   * Resolves when the feed knows its position in the log. The same read also serves the check of `since`.
   *
   * @throws the error of the backplane when the log is out of reach.
   */
  open(since: Position | null): Promise<void> {
    return new Promise((ready, failed) => {
      if (this.cursor.opened) return ready()
      this.#openings.push({ ready, failed })
      if (this.#openings.length === 1) this.#start(since)
    })
  }

  /** Stops listening to the backplane. */
  close(): void {
    for (const undo of this.#undo) undo()
    this.#undo = []
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
    if (this.#undo.length > 0) this.cursor.verify()
  }

  /** Reads the page after an offset. */
  readPage(after: number): MaybePromise<LogPage> {
    return this.#context.backplane.read(this.address, { after, limit: pageSize })
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
  addReader(session: string, outbox: Outbox): Reader {
    const reader = new Reader(this.#replay, session, outbox)
    this.readers.set(session, reader)
    return reader
  }

  /** Removes a reader, and stops it. */
  removeReader(reader: Reader): void {
    reader.detach()
    if (this.readers.get(reader.session) === reader) this.readers.delete(reader.session)
  }

  /** Returns the start of a reader, for the answer to a join (P-ST-3). */
  startOf(reader: Reader, reason: GapReason | null): LogStart {
    const { position } = reader
    const top = this.position[1]
    if (reason !== null) return { position, top, mode: 'gap', reason }
    return { position, top, mode: reader.live ? 'live' : 'replay' }
  }

  #start(since: Position | null): void {
    const { backplane } = this.#context
    // The hints come first, then the top: a message that is stored in between is part of either.
    this.#undo = [
      backplane.tail(this.address, (hint) => this.cursor.takeHint(hint)),
      backplane.subscribe(this.address, (text) => this.#deliverCast(text)),
    ]
    const opened = (page: LogPage): void => this.cursor.open(page, () => this.#settle(({ ready }) => ready()))
    const failed = (error: unknown): void => {
      this.close()
      this.#settle((opening) => opening.failed(error))
    }
    if (since === null)
      attempt(() => backplane.read(this.address, { before: null, limit: 1 }), opened, failed)
    else this.reads.pageAfter(since[1], { take: opened, failed })
  }

  #settle(tell: (opening: Opening) => void): void {
    const openings = this.#openings
    this.#openings = []
    for (const opening of openings) tell(opening)
  }

  /** Tells every reader that the log is not the one this node has read; the readers go on from its top. */
  logRestarted(reason: GapReason): void {
    this.recent.clear()
    for (const reader of this.readers.values()) {
      reader.moveTo(this.position)
      reader.tellGap(reason, this.position)
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
    for (const reader of this.readers.values())
      if (reader.session !== cast.session) reader.outbox.pushCast(frame, cast.key)
  }

  /** Delivers an entry to the readers that keep up. */
  entryPassed(entry: LogEntry, before: Position): void {
    const frame = this.encoder.encodeEntry(entry, before[1])
    this.recent.push(this.encoder.keepSent(entry, before[1], frame))
    for (const reader of this.readers.values()) if (reader.live) reader.offer(frame, before)
  }
}
