import type { LogEntry, LogHint, LogPage } from '../../backplane/backplane.ts'
import { gapReason } from '../../log/gap-reason.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { GapReason, Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import type { RecentMessages } from './recent-messages.ts'

/** The feed of a {@link LogCursor}. */
export interface CursorFeed {
  /** The address of the log. */
  readonly address: string
  /** The last messages that the cursor has passed, with which the log is compared after a reconnect. */
  readonly recent: RecentMessages
  /** Reads the page after an offset. */
  readPage(after: number): MaybePromise<LogPage>
  /** Called for each entry that the cursor passes, with the position before it. */
  entryPassed(entry: LogEntry, before: Position): void
  /**
   * Called when the log proves to be another log than the one that was read. The cursor then stands at its
   * top.
   */
  logRestarted(reason: GapReason): void
  /** Called some time after the log was out of reach, to try again. */
  check(): void
}

/** Number of the last messages that are compared with the log after a reconnect. */
const comparedMessages = 32
const retryDelay = 1_000

/** A caller of {@link LogCursor.reach}. */
interface Waiter {
  readonly epoch: string
  readonly top: number
  readonly then: (far: boolean) => void
}

/**
 * The verified position of this node in the log of one address. A hint that continues the position moves it;
 * after any other hint the log is read. The cursor also decides what happens when the log proves to be
 * another log than the one it has read.
 *
 * It does one thing at a time (`#reading`); a hint that comes meanwhile is noted (`#again`), and the log is
 * read afterwards.
 */
export class LogCursor {
  readonly #context: HubContext
  readonly #address: string
  readonly #feed: CursorFeed
  /** The position, in its parts: an array would be made for each message. */
  #epoch = ''
  #at = 0
  #id: string | null = null
  #opened = false
  #reading = false
  /** Set when the log has, or may have, more than was read. */
  #again = false
  /** Set while the log may be another log than this node has read, after the backplane was out of reach. */
  #unverified = false
  #retry: Undo | null = null
  /** Callers of {@link LogCursor.reach} that wait until this node has read up to a top. */
  #waiting: Waiter[] | null = null

  constructor(context: HubContext, feed: CursorFeed) {
    this.#context = context
    this.#address = feed.address
    this.#feed = feed
  }

  /** The position of the last message that this node has verified. */
  get position(): Position {
    return [this.#epoch, this.#at, this.#id]
  }

  /** True once the position is known. */
  get opened(): boolean {
    return this.#opened
  }

  /** True while the log may be another log than this node has read. */
  get unverified(): boolean {
    return this.#unverified
  }

  /** Starts at the top of the log. */
  open(page: LogPage): void {
    this.#moveToTop(page)
    this.#opened = true
    if (this.#again) this.#readOn()
  }

  /** Stops reading. */
  close(): void {
    this.#retry?.()
    this.#retry = null
    this.#opened = false
  }

  /** Takes a hint of the backplane. */
  takeHint({ epoch, prev, entry }: LogHint): void {
    if (!this.#opened || this.#reading || this.#unverified) this.#again = true
    else if (epoch === this.#epoch && prev === this.#at) this.#pass(entry)
    else if (epoch !== this.#epoch || entry.at > this.#at) this.#readOn()
  }

  /** Reads the log for entries whose hints were lost. */
  check(): void {
    if (this.#unverified) this.verify()
    else if (this.#opened && !this.#reading) this.#readOn()
  }

  /**
   * Calls `then` with `false` when this node has read as far as a page of the log says, or with `true` when
   * it cannot and is still behind. A position that another node has handed out may be ahead of the hints that
   * have arrived here (P-ST-4).
   */
  reach({ epoch, top }: LogPage, then: (far: boolean) => void): void {
    if (epoch === this.#epoch && top <= this.#at) return then(false)
    this.#waitFor({ epoch, top, then })
    this.#readOn()
  }

  /**
   * Compares the log with the last messages that this node has seen. While the backplane was out of reach,
   * its log may have lost entries and taken other entries in their place. The newest entry alone proves
   * nothing: it may be a repetition.
   */
  verify(): void {
    // Hints are not trusted before this is done, because they may continue another log than the one this node
    // knows.
    this.#unverified = true
    if (!this.#opened || this.#reading) return
    this.#reading = true
    const at = this.#at
    attempt(
      () => this.#context.backplane.read(this.#address, { before: at + 1, limit: comparedMessages }),
      (page) => {
        this.#reading = false
        if (page.epoch !== this.#epoch) return this.#resync('epoch')
        if (this.#contradicts(page)) return this.#diverged(page.epoch)
        this.#unverified = false
        this.#readOn()
      },
      (error) => this.#unreadable(error),
    )
  }

  /** Tries again after a while, because a reconnect of the backplane may not be reported. */
  retryLater(): void {
    this.#retry ??= this.#context.runtime.timer(retryDelay, () => {
      this.#retry = null
      this.#feed.check()
    })
  }

  /** Reads the entries that no hint has brought. */
  #readOn(): void {
    if (!this.#opened || this.#reading) {
      this.#again = true
      return
    }
    if (this.#unverified) return this.verify()
    this.#reading = true
    this.#again = false
    attempt(
      () => this.#feed.readPage(this.#at),
      (page) => {
        this.#reading = false
        this.#takePage(page)
        this.#tellWaiting()
        if (page.more || this.#again) this.#readOn()
      },
      (error) => this.#unreadable(error),
    )
  }

  #takePage(page: LogPage): void {
    const reason = gapReason(this.position, { ...page, idAt: page.afterId })
    if (reason === null) for (const entry of page.entries) this.#pass(entry)
    else if (reason !== 'trimmed' && page.epoch === this.#epoch) this.#diverged(page.epoch)
    else this.#restart(page, reason)
  }

  #pass(entry: LogEntry): void {
    const before = this.position
    this.#at = entry.at
    this.#id = entry.id
    this.#feed.entryPassed(entry, before)
  }

  /** Tells whether a page that ends at this position lacks an entry that this node has read. */
  #contradicts(page: LogPage): boolean {
    const [, at, id] = this.position
    const ids = new Map(page.entries.map((entry) => [entry.at, entry.id]))
    if (at > page.base && ids.get(at) !== (id ?? undefined)) return true
    const first = page.entries[0]?.at ?? at + 1
    return this.#feed.recent
      .upTo(at + 1, comparedMessages)
      .some((seen) => seen.at >= first && ids.get(seen.at) !== seen.id)
  }

  /** Gives a log that has lost entries a new epoch, once for all nodes; every reader goes on from its top. */
  #diverged(epoch: string): void {
    this.#reading = true
    attempt(
      () => this.#context.backplane.bump(this.#address, epoch),
      () => this.#resync('diverged'),
      (error) => this.#unreadable(error),
    )
  }

  /** Moves to the top of a log that is not the one this node has read. */
  #resync(reason: GapReason): void {
    this.#reading = true
    attempt(
      () => this.#context.backplane.read(this.#address, { before: null, limit: 1 }),
      (page) => {
        this.#reading = false
        this.#restart(page, reason)
        this.#tellWaiting()
        if (this.#again) this.#readOn()
      },
      (error) => this.#unreadable(error),
    )
  }

  #restart(page: LogPage, reason: GapReason): void {
    this.#unverified = false
    this.#moveToTop(page)
    this.#feed.logRestarted(reason)
  }

  #moveToTop({ epoch, top, topId }: LogPage): void {
    this.#epoch = epoch
    this.#at = top
    this.#id = topId
  }

  #unreadable(error: unknown): void {
    this.#reading = false
    this.#again = true
    this.#context.reportBackplane(error, this.#address)
    this.#tellWaiting(true)
    this.retryLater()
  }

  #waitFor(waiter: Waiter): void {
    this.#waiting ??= []
    this.#waiting.push(waiter)
  }

  /** Answers the callers of `reach` whose top has been reached; all of them when the log cannot be read. */
  #tellWaiting(unreadable = false): void {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const waiter of waiting) {
      const far = waiter.epoch === this.#epoch && waiter.top > this.#at
      if (far && !unreadable) this.#waitFor(waiter)
      else waiter.then(far)
    }
  }
}
