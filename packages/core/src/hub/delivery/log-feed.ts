import type { Backplane, LogEntry, LogPage } from '../../backplane/backplane.ts'
import { gapReason } from '../../log/gap-reason.ts'
import { encodeCast, encodeGap, encodeMessage } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { replayBytes } from '../../protocol/limits.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { Frame } from '../../transport/batch.ts'
import { type GapReason, type LogStart, type Position, samePosition } from '../../vocabulary/position.ts'
import { castKey, type Outbox } from '../connections/outbox.ts'
import { LogCursor } from './log-cursor.ts'
import { Reader } from './reader.ts'
import { type RecentMessage, RecentMessages } from './recent-messages.ts'
import { SharedReads } from './shared-reads.ts'

/** A volatile message between nodes. */
export interface CastMessage {
  readonly address: string
  readonly event: string
  readonly data: unknown
  readonly from: string | null
  readonly session: string | undefined
  readonly key: string | undefined
}

/** What a reader that is behind gets next. */
export interface ReplayPage {
  readonly frames: readonly Frame[]
  /** Where the reader stands after it. */
  readonly next: Position
  /** Why the messages up to `next` are lost, when they are. */
  readonly gap: GapReason | null
  /** Whether it was handed over in the call itself. */
  readonly atOnce: boolean
}

/** What a feed needs of its node. */
export interface FeedHost {
  readonly backplane: Backplane
  readonly limits: { readonly replay: number }
  readonly runtime: Runtime
  report(error: unknown, address: string): void
}

const replayPage = 256

/**
 * One address on this node: a cursor in its log, the recent messages, and the readers. It reads the log once for all of them.
 *
 * @internal
 */
export class LogFeed {
  readonly address: string
  readonly readers: Map<string, Reader> = new Map()
  /** How many need this feed: its readers, and those about to become one. */
  holds = 0
  readonly #host: FeedHost
  readonly #addressJson: string
  readonly #undo: Undo[] = []
  readonly #recent = new RecentMessages()
  readonly #reads: SharedReads
  readonly #encoded = new WeakMap<LogPage, readonly RecentMessage[]>()
  readonly #cursor: LogCursor
  #waiting: { ready: () => void; failed: (error: unknown) => void }[] = []

  constructor(address: string, host: FeedHost) {
    this.address = address
    this.#host = host
    this.#addressJson = JSON.stringify(address)
    const read = (after: number): MaybePromise<LogPage> =>
      host.backplane.read(address, { after, limit: replayPage })
    this.#reads = new SharedReads({ runtime: host.runtime, read })
    this.#cursor = new LogCursor({
      address,
      node: host,
      recent: this.#recent,
      read,
      deliver: (entry, before, json) => this.#deliver(entry, before, json),
      restarted: (reason) => this.#restarted(reason),
      retry: () => this.check(),
    })
  }

  /** The place of the last message that this node has verified. */
  get position(): Position {
    return this.#cursor.position
  }

  /** Calls `ready` when the feed knows its place in the log, in this very call if it does. What is read for it also tells of `since`. */
  open(since: Position | null, ready: () => void, failed: (error: unknown) => void): void {
    if (this.#cursor.opened) return ready()
    this.#waiting.push({ ready, failed })
    if (this.#waiting.length === 1) this.#start(since)
  }

  close(): void {
    for (const undo of this.#undo.splice(0)) undo()
    this.#cursor.close()
  }

  /** Looks whether the log has something that no hint has told of, and goes on where it was out of reach. */
  check(): void {
    this.#cursor.check()
    for (const reader of this.readers.values()) reader.pump()
  }

  /** Adds a reader at the top: everything later is live for it. */
  attach(session: string, outbox: Outbox): Reader {
    const reader = new Reader(this, session, outbox)
    this.readers.set(session, reader)
    return reader
  }

  detach(reader: Reader): void {
    reader.detach()
    if (this.readers.get(reader.session) === reader) this.readers.delete(reader.session)
  }

  /**
   * Whether a reader can go on from a position: `null` when it can, else why not (P-ST-2, P-ST-5).
   */
  examine(since: Position, next: (reason: GapReason | null) => void): void {
    const place = this.position
    if (samePosition(since, place)) return next(null)
    // While the log may be another one, what is at hand proves nothing.
    if (this.#cursor.unverified || !this.#recent.has(since)) return this.#look(since, next)
    // What stands there is known here. Whether it is still kept is not, but one read tells that of all recent messages.
    const missed = this.#recent.after(since[1])
    const suits = (page: LogPage): boolean => gapReason(place, { ...page, idAt: page.afterId }) === null
    this.#reads.after(place[1], {
      suits,
      take: (page) => {
        if (!suits(page)) return this.#look(since, next)
        const messages = page.behind.messages + missed.length
        const bytes = missed.reduce((sum, { frame }) => sum + frame.bytes, page.behind.bytes)
        const behind = { messages, bytes }
        this.#cursor.reach(page, () => next(this.#verdict(since, { ...page, afterId: since[2], behind })))
      },
      failed: (error) => this.#absent(error, next),
    })
  }

  /** Examines a position by what the log has there. */
  #look(since: Position, next: (reason: GapReason | null) => void): void {
    this.#reads.after(since[1], {
      suits: (page) => this.#verdict(since, page) === null,
      take: (page) =>
        this.#cursor.reach(page, (far) => {
          const reason = this.#verdict(since, page) ?? (far ? 'absent' : null)
          if (reason === null) this.#recall(since, page)
          next(reason)
        }),
      failed: (error) => this.#absent(error, next),
    })
  }

  #verdict(since: Position, page: LogPage): GapReason | null {
    const { behind } = page
    const over = behind.messages > this.#host.limits.replay || behind.bytes > replayBytes
    return gapReason(since, { ...page, idAt: page.afterId }) ?? (over ? 'limit' : null)
  }

  #absent(error: unknown, next: (reason: GapReason) => void): void {
    this.#host.report(error, this.address)
    next('absent')
  }

  /** Keeps what a page has of the newest messages, so that nobody has to read or encode them again. */
  #recall(since: Position, page: LogPage): void {
    const [epoch, at, id] = this.position
    if (page.epoch !== epoch || this.#encoded.has(page)) return
    if (page.entries.some((entry) => entry.at === at && entry.id === id))
      this.#recent.extend(this.#encode(since[1], page))
  }

  /** The answer to a join: where the reader stands before the first message that follows (P-ST-3). */
  describe(reader: Reader, reason: GapReason | null): LogStart {
    const { position } = reader
    const top = this.position[1]
    if (reason !== null) return { position, top, mode: 'gap', reason }
    return { position, top, mode: reader.live ? 'live' : 'replay' }
  }

  /** The next messages after a position, up to the feed's own place; `null` when the log is out of reach, until {@link LogFeed.check}. */
  pageAfter(position: Position, take: (page: ReplayPage | null) => void): void {
    if (position[0] !== this.position[0]) return take({ ...this.#lost('epoch'), atOnce: true })
    if (position[1] >= this.position[1]) return take({ ...this.#lost('diverged'), atOnce: true })
    if (this.#recent.continue(position)) {
      const recent = this.#recent.after(position[1])
      const last = recent.at(-1)
      const next: Position = last === undefined ? this.position : [position[0], last.at, last.id]
      return take({ frames: recent.map(({ frame }) => frame), next, gap: null, atOnce: true })
    }
    let atOnce = true
    this.#reads.after(position[1], {
      suits: (page) => this.#replayed(position, page).gap === null,
      take: (page) => take({ ...this.#replayed(position, page), atOnce }),
      failed: (error) => {
        this.#host.report(error, this.address)
        this.#cursor.retryLater()
        take(null)
      },
    })
    atOnce = false
  }

  tellGap(reader: Reader, reason: GapReason, position: Position): void {
    reader.outbox.push(new Frame(encodeGap(this.address, reason, position)))
  }

  /** A volatile message: to everyone who has joined, but not back to the session it came from (P-ST-9). */
  cast(cast: CastMessage): void {
    const frame = new Frame(encodeCast(cast))
    const name = castKey(cast)
    for (const reader of this.readers.values())
      if (reader.session !== cast.session) reader.outbox.cast(frame, name)
  }

  #start(since: Position | null): void {
    const { backplane } = this.#host
    // First the hints, then the top: what comes in between is seen as a hint or as the top.
    this.#undo.push(
      backplane.tail(this.address, (hint) => this.#cursor.hint(hint)),
      backplane.subscribe(this.address, (cast) => this.cast(cast as CastMessage)),
      backplane.onReconnect(() => this.#cursor.verify()),
    )
    const opened = (page: LogPage): void =>
      this.#cursor.open(page, () => this.#settle(({ ready }) => ready()))
    const failed = (error: unknown): void => this.#fail(error)
    if (since === null)
      attempt(() => backplane.read(this.address, { before: null, limit: 1 }), opened, failed)
    else this.#reads.after(since[1], { take: opened, failed })
  }

  #fail(error: unknown): void {
    this.close()
    this.#settle(({ failed }) => failed(error))
  }

  #settle(tell: (waiter: { ready: () => void; failed: (error: unknown) => void }) => void): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const waiter of waiting) tell(waiter)
  }

  /** The log is not the one this node has read: everyone is told, and goes on from its top. */
  #restarted(reason: GapReason): void {
    this.#recent.clear()
    for (const reader of this.readers.values()) {
      reader.place(this.position)
      this.tellGap(reader, reason, this.position)
      reader.pump()
    }
  }

  #deliver(entry: LogEntry, before: Position, json?: string): void {
    const frame = this.#frame(entry, before[1], json)
    this.#recent.push({ at: entry.at, prev: before[1], id: entry.id, frame })
    for (const reader of this.readers.values()) if (reader.live) reader.offer(frame, before)
  }

  #replayed(position: Position, page: LogPage): Omit<ReplayPage, 'atOnce'> {
    const reason = gapReason(position, { ...page, idAt: page.afterId })
    if (page.epoch !== this.position[0]) return this.#lost('epoch')
    if (reason === 'trimmed' && page.baseId !== null)
      return { frames: [], next: [page.epoch, page.base, page.baseId], gap: reason }
    if (reason !== null) return this.#lost(reason)
    const messages = this.#encode(position[1], page).filter(({ at }) => at <= this.position[1])
    const last = messages.at(-1)
    // The log has less than this node has already sent to others: it was rolled back.
    if (last === undefined) return this.#lost('diverged')
    return { frames: messages.map(({ frame }) => frame), next: [page.epoch, last.at, last.id], gap: null }
  }

  /** The messages of a page that comes after an offset: encoded once, for all who are sent them. */
  #encode(after: number, page: LogPage): readonly RecentMessage[] {
    let messages = this.#encoded.get(page)
    if (messages !== undefined) return messages
    let prev = after
    messages = page.entries.map((entry) => {
      const message = { at: entry.at, prev, id: entry.id, frame: this.#frame(entry, prev) }
      prev = entry.at
      return message
    })
    this.#encoded.set(page, messages)
    return messages
  }

  #lost(gap: GapReason): Omit<ReplayPage, 'atOnce'> {
    return { frames: [], next: this.position, gap }
  }

  #frame(entry: LogEntry, prev: number, json = encodeValue(entry.data)): Frame {
    return new Frame(encodeMessage(this.#addressJson, entry, json, prev))
  }
}
