import type { Backplane, Entry, Hint, Page } from '../backplane/backplane.ts'
import { type Attachment, type GapReason, type Position, samePosition } from '../position.ts'
import { encodeCast, encodeGap, encodeMessage } from '../protocol/encode.ts'
import { encodeValue } from '../protocol/json.ts'
import { attempt } from '../runtime/later.ts'
import type { Runtime, Undo } from '../runtime/runtime.ts'
import { refusal } from '../stream/attach.ts'
import { Frame } from '../transport/batch.ts'
import { castName, type Outbox } from './outbox.ts'
import { Reader } from './reader.ts'
import { Recent, type RecentMessage } from './recent.ts'
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
/** How many of the last messages are compared after a reconnect. */
const verified = 32
const retryDelay = 1_000
/** What one join may ask for in bytes (P-ST-5). */
const replayBytes = 16 * 1024 * 1024

/**
 * One address on this node: a verified place in its log, the recent messages, and the readers. It reads the log once for all of them.
 *
 * @internal
 */
export class Feed {
  readonly address: string
  readonly readers: Map<string, Reader> = new Map()
  /** How many need this feed: its readers, and those about to become one. */
  holds = 0
  readonly #host: FeedHost
  readonly #addressJson: string
  readonly #undo: Undo[] = []
  readonly #recent = new Recent()
  readonly #reads: SharedReads
  readonly #encoded = new WeakMap<Page, readonly RecentMessage[]>()
  #position: Position = ['', 0, null]
  #opened = false
  #filling = false
  /** Whether the log may be another one than this node has read, since the backplane was out of reach. */
  #unverified = false
  #retry: Undo | null = null
  #again = false
  #waiting: { ready: () => void; failed: (error: unknown) => void }[] = []
  /** Those that go on once this node has read as far as the log was found to reach. */
  #behind: { readonly epoch: string; readonly top: number; readonly then: (far: boolean) => void }[] = []

  constructor(address: string, host: FeedHost) {
    this.address = address
    this.#host = host
    this.#addressJson = JSON.stringify(address)
    this.#reads = new SharedReads({
      runtime: host.runtime,
      read: (after) => host.backplane.read(address, { after, limit: replayPage }),
    })
  }

  /** The place of the last message that this node has verified. */
  get position(): Position {
    return this.#position
  }

  /** Calls `ready` when the feed knows its place in the log, in this very call if it does. What is read for it also tells of `since`. */
  open(since: Position | null, ready: () => void, failed: (error: unknown) => void): void {
    if (this.#opened) {
      ready()
      return
    }
    this.#waiting.push({ ready, failed })
    if (this.#waiting.length === 1) this.#start(since)
  }

  close(): void {
    for (const undo of this.#undo.splice(0)) undo()
    this.#retry?.()
    this.#retry = null
    this.#opened = false
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
    const place = this.#position
    if (samePosition(since, place)) return next(null)
    if (since[0] !== place[0] || this.#unverified || !this.#recent.has(since)) return this.#look(since, next)
    // What stands there is known here. Whether it is still kept is not, but one read tells that of all recent messages.
    const missed = this.#recent.after(since[1]).filter(({ at }) => at <= place[1])
    const suits = (page: Page): boolean => refusal(place, { ...page, idAt: page.afterId }) === null
    this.#reads.after(place[1], {
      suits,
      take: (page) => {
        if (!suits(page)) return this.#look(since, next)
        const messages = page.behind.messages + missed.length
        const bytes = missed.reduce((sum, { frame }) => sum + frame.bytes, page.behind.bytes)
        const told: Page = { ...page, afterId: since[2], behind: { messages, bytes } }
        this.#reach(page, (far) => next(this.#verdict(since, told) ?? (far ? 'absent' : null)))
      },
      failed: (error) => this.#absent(error, next),
    })
  }

  /** Examines a position by what the log has there. */
  #look(since: Position, next: (reason: GapReason | null) => void): void {
    this.#reads.after(since[1], {
      suits: (page) => this.#verdict(since, page) === null,
      take: (page) =>
        this.#reach(page, (far) => {
          const reason = this.#verdict(since, page) ?? (far ? 'absent' : null)
          if (reason === null) this.#recall(since, page)
          next(reason)
        }),
      failed: (error) => this.#absent(error, next),
    })
  }

  #verdict(since: Position, page: Page): GapReason | null {
    const { behind } = page
    const over = behind.messages > this.#host.limits.replay || behind.bytes > replayBytes
    return refusal(since, { ...page, idAt: page.afterId }) ?? (over ? 'limit' : null)
  }

  #absent(error: unknown, next: (reason: GapReason) => void): void {
    this.#host.report(error, this.address)
    next('absent')
  }

  /** Keeps what a page has of the newest messages, so that nobody has to read or encode them again. */
  #recall(since: Position, page: Page): void {
    const [epoch, at, id] = this.#position
    if (page.epoch !== epoch || this.#encoded.has(page)) return
    if (page.entries.some((entry) => entry.at === at && entry.id === id))
      this.#recent.extend(this.#encode(since[1], page).filter((message) => message.at <= at))
  }

  /**
   * Calls `then` when this node has read as far as a page of the log says, or cannot and is still far from it. A position that another node has handed out may be ahead of what the
   * hints have brought here (P-ST-4).
   */
  #reach({ epoch, top }: Page, then: (far: boolean) => void): void {
    if (epoch === this.#position[0] && top <= this.#position[1]) return then(false)
    this.#behind.push({ epoch, top, then })
    this.#fill()
  }

  /** Lets those go on that waited for what was read now, or for what cannot be read. */
  #reached(unreadable = false): void {
    const waiting = this.#behind
    this.#behind = []
    for (const waiter of waiting) {
      const far = waiter.epoch === this.#position[0] && waiter.top > this.#position[1]
      if (far && !unreadable) this.#behind.push(waiter)
      else waiter.then(far)
    }
  }

  /** The answer to a join: where the reader stands before the first message that follows (P-ST-3). */
  describe(reader: Reader, reason: GapReason | null): Attachment {
    const [epoch, at, id] = reader.position
    const top = this.#position[1]
    if (reason !== null) return { epoch, at, id, top, mode: 'gap', reason }
    return { epoch, at, id, top, mode: reader.live ? 'live' : 'replay' }
  }

  /** The next messages after a position, up to the feed's own place; `null` when the log is out of reach, until {@link Feed.check}. */
  pageAfter(position: Position, take: (page: ReplayPage | null) => void): void {
    if (position[0] !== this.#position[0]) return take({ ...this.#lost('epoch'), atOnce: true })
    if (position[1] >= this.#position[1]) return take({ ...this.#lost('diverged'), atOnce: true })
    if (this.#recent.continue(position)) {
      const recent = this.#recent.after(position[1])
      const last = recent.at(-1)
      const next: Position = last === undefined ? this.#position : [position[0], last.at, last.id]
      return take({ frames: recent.map(({ frame }) => frame), next, gap: null, atOnce: true })
    }
    let atOnce = true
    this.#reads.after(position[1], {
      suits: (page) => this.#replayed(position, page).gap === null,
      take: (page) => take({ ...this.#replayed(position, page), atOnce }),
      failed: (error) => {
        this.#host.report(error, this.address)
        this.#retryLater()
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
    const name = castName(cast)
    for (const reader of this.readers.values())
      if (reader.session !== cast.session) reader.outbox.cast(frame, name)
  }

  #start(since: Position | null): void {
    const { backplane } = this.#host
    // First the hints, then the top: what comes in between is seen as a hint or as the top.
    this.#undo.push(
      backplane.tail(this.address, (hint) => this.#hint(hint)),
      backplane.subscribe(this.address, (cast) => this.cast(cast as CastMessage)),
      backplane.onReconnect(() => this.#verify()),
    )
    const opened = (page: Page): void => this.#open(page)
    const failed = (error: unknown): void => this.#fail(error)
    if (since === null)
      attempt(() => backplane.read(this.address, { before: null, limit: 1 }), opened, failed)
    else this.#reads.after(since[1], { take: opened, failed })
  }

  #open(page: Page): void {
    this.#position = [page.epoch, page.top, page.topId]
    this.#opened = true
    this.#settle(({ ready }) => ready())
    if (this.#again) this.#fill()
  }

  #fail(error: unknown): void {
    this.close()
    this.#settle(({ failed }) => failed(error))
  }

  /** Looks whether the log has something that no hint has told of, and goes on where it was out of reach. */
  check(): void {
    if (this.#unverified) this.#verify()
    else if (this.#opened && !this.#filling) this.#fill()
    for (const reader of this.readers.values()) reader.pump()
  }

  /**
   * After the backplane was out of reach its log may have lost entries and taken others in their place: the last ones that this node has seen must still be
   * there, not only the very last (a repetition may stand there again).
   */
  #verify(): void {
    // Until it is done no hint is trusted: it may continue another log than the one this node knows.
    this.#unverified = true
    if (!this.#opened || this.#filling) return
    this.#filling = true
    const [, at] = this.#position
    attempt(
      () => this.#host.backplane.read(this.address, { before: at + 1, limit: verified }),
      (page) => {
        this.#filling = false
        if (page.epoch !== this.#position[0]) return this.#resync('epoch')
        if (this.#contradicts(page)) return this.#diverged(page.epoch)
        this.#unverified = false
        this.#fill()
      },
      (error) => this.#unfilled(error),
    )
  }

  /** Whether a page that ends at this node's place lacks something that this node has read. */
  #contradicts(page: Page): boolean {
    const [, at, id] = this.#position
    const ids = new Map(page.entries.map((entry) => [entry.at, entry.id]))
    if (at > page.base && ids.get(at) !== (id ?? undefined)) return true
    const first = page.entries[0]?.at ?? at + 1
    return this.#recent
      .upTo(at + 1, verified)
      .some((seen) => seen.at >= first && ids.get(seen.at) !== seen.id)
  }

  /** The log has lost entries: it gets a new epoch, once for all nodes, and everyone goes on from there. */
  #diverged(epoch: string): void {
    this.#filling = true
    attempt(
      () => this.#host.backplane.bump(this.address, epoch),
      () => this.#resync('diverged'),
      (error) => this.#unfilled(error),
    )
  }

  /** Everyone goes on from the top of a log that is not the one this node has read. */
  #resync(reason: GapReason): void {
    this.#filling = true
    attempt(
      () => this.#host.backplane.read(this.address, { before: null, limit: 1 }),
      (page) => {
        this.#filling = false
        this.#restart(page, reason)
        this.#reached()
        if (this.#again) this.#fill()
      },
      (error) => this.#unfilled(error),
    )
  }

  /** The log is out of reach: tried again, also where no reconnect will be told of. */
  #unfilled(error: unknown): void {
    this.#filling = false
    this.#again = true
    this.#host.report(error, this.address)
    this.#reached(true)
    this.#retryLater()
  }

  #retryLater(): void {
    this.#retry ??= this.#host.runtime.timer(retryDelay, () => {
      this.#retry = null
      this.check()
    })
  }

  #settle(tell: (waiter: { ready: () => void; failed: (error: unknown) => void }) => void): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const waiter of waiting) tell(waiter)
  }

  #hint({ epoch, prev, entry, json }: Hint): void {
    if (!this.#opened || this.#filling || this.#unverified) this.#again = true
    else if (epoch === this.#position[0] && prev === this.#position[1]) this.#deliver(entry, json)
    else if (epoch !== this.#position[0] || entry.at > this.#position[1]) this.#fill()
  }

  /** Reads what the hints did not bring, once for all readers. */
  #fill(): void {
    if (!this.#opened || this.#filling) {
      this.#again = true
      return
    }
    if (this.#unverified) return this.#verify()
    this.#filling = true
    this.#again = false
    attempt(
      () => this.#host.backplane.read(this.address, { after: this.#position[1], limit: replayPage }),
      (page) => {
        this.#filling = false
        this.#take(page)
        this.#reached()
        if (page.more || this.#again) this.#fill()
      },
      (error) => this.#unfilled(error),
    )
  }

  #take(page: Page): void {
    const reason = refusal(this.#position, { ...page, idAt: page.afterId })
    if (reason === null) for (const entry of page.entries) this.#deliver(entry)
    else if (reason !== 'trimmed' && page.epoch === this.#position[0]) this.#diverged(page.epoch)
    else this.#restart(page, reason)
  }

  /** The log is not the one this node has read: everyone is told, and goes on from its top. */
  #restart(page: Page, reason: GapReason): void {
    this.#unverified = false
    this.#position = [page.epoch, page.top, page.topId]
    this.#recent.clear()
    for (const reader of this.readers.values()) {
      reader.place(this.#position)
      this.tellGap(reader, reason, this.#position)
      reader.pump()
    }
  }

  #deliver(entry: Entry, json?: string): void {
    const before = this.#position
    const frame = this.#frame(entry, before[1], json)
    this.#position = [before[0], entry.at, entry.id]
    this.#recent.push({ at: entry.at, prev: before[1], id: entry.id, frame })
    for (const reader of this.readers.values()) if (reader.live) reader.offer(frame, before)
  }

  #replayed(position: Position, page: Page): Omit<ReplayPage, 'atOnce'> {
    const reason = refusal(position, { ...page, idAt: page.afterId })
    if (page.epoch !== this.#position[0]) return this.#lost('epoch')
    if (reason === 'trimmed' && page.baseId !== null)
      return { frames: [], next: [page.epoch, page.base, page.baseId], gap: reason }
    if (reason !== null) return this.#lost(reason)
    const messages = this.#encode(position[1], page).filter(({ at }) => at <= this.#position[1])
    const last = messages.at(-1)
    // The log has less than this node has already sent to others: it was rolled back.
    if (last === undefined) return this.#lost('diverged')
    return { frames: messages.map(({ frame }) => frame), next: [page.epoch, last.at, last.id], gap: null }
  }

  /** The messages of a page that comes after an offset: encoded once, for all who are sent them. */
  #encode(after: number, page: Page): readonly RecentMessage[] {
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
    return { frames: [], next: this.#position, gap }
  }

  #frame(entry: Entry, prev: number, json = encodeValue(entry.data)): Frame {
    return new Frame(encodeMessage(this.#addressJson, entry, json, prev))
  }
}
