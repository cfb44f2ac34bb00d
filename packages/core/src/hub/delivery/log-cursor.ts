import type { LogEntry, LogHint, LogPage } from '../../backplane/backplane.ts'
import { gapReason } from '../../log/gap-reason.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { GapReason, Position } from '../../vocabulary/position.ts'
import type { FeedHost } from './log-feed.ts'
import type { RecentMessages } from './recent-messages.ts'

/** What a cursor needs of its feed. */
export interface CursorHost {
  readonly address: string
  readonly node: FeedHost
  /** The messages it went over last: what the log is compared with. */
  readonly recent: RecentMessages
  /** The page after an offset. */
  read(after: number): MaybePromise<LogPage>
  /** The cursor has gone over an entry, from the place before it. */
  deliver(entry: LogEntry, before: Position, json: string | undefined): void
  /** The log is not the one that was read: the cursor stands at the top of what it is now. */
  restarted(reason: GapReason): void
  /** It is time to look again, after the log was out of reach. */
  retry(): void
}

/** How many of the last messages are compared after a reconnect. */
const verified = 32
const retryDelay = 1_000

/**
 * This node's verified place in the log of one address. Hints move it where they continue it, else the log is read. What happens when the log proves to be another one
 * than it has read is decided here.
 *
 * One thing is done at a time (`#filling`); what comes meanwhile is noted (`#again`) and read afterwards.
 *
 * @internal
 */
export class LogCursor {
  readonly #host: CursorHost
  #position: Position = ['', 0, null]
  #opened = false
  #filling = false
  /** Whether the log has, or may have, more than was read. */
  #again = false
  /** Whether the log may be another one than this node has read, since the backplane was out of reach. */
  #unverified = false
  #retry: Undo | null = null
  /** Those that go on once this node has read as far as the log was found to reach. */
  #behind: { readonly epoch: string; readonly top: number; readonly then: (far: boolean) => void }[] = []

  constructor(host: CursorHost) {
    this.#host = host
  }

  /** The place of the last message that this node has verified. */
  get position(): Position {
    return this.#position
  }

  get opened(): boolean {
    return this.#opened
  }

  get unverified(): boolean {
    return this.#unverified
  }

  /** Starts at the top of the log; `then` comes before anything is delivered. */
  open(page: LogPage, then: () => void): void {
    this.#position = [page.epoch, page.top, page.topId]
    this.#opened = true
    then()
    if (this.#again) this.#fill()
  }

  close(): void {
    this.#retry?.()
    this.#retry = null
    this.#opened = false
  }

  hint({ epoch, prev, entry, json }: LogHint): void {
    if (!this.#opened || this.#filling || this.#unverified) this.#again = true
    else if (epoch === this.#position[0] && prev === this.#position[1]) this.#deliver(entry, json)
    else if (epoch !== this.#position[0] || entry.at > this.#position[1]) this.#fill()
  }

  /** Looks whether the log has something that no hint has told of. */
  check(): void {
    if (this.#unverified) this.verify()
    else if (this.#opened && !this.#filling) this.#fill()
  }

  /**
   * Calls `then` when this node has read as far as a page of the log says, or cannot and is still far from it. A position that another node has handed out may be ahead of what the
   * hints have brought here (P-ST-4).
   */
  reach({ epoch, top }: LogPage, then: (far: boolean) => void): void {
    if (epoch === this.#position[0] && top <= this.#position[1]) return then(false)
    this.#behind.push({ epoch, top, then })
    this.#fill()
  }

  /**
   * After the backplane was out of reach its log may have lost entries and taken others in their place: the last ones that this node has seen must still be
   * there, not only the very last (a repetition may stand there again).
   */
  verify(): void {
    // Until it is done no hint is trusted: it may continue another log than the one this node knows.
    this.#unverified = true
    if (!this.#opened || this.#filling) return
    this.#filling = true
    const { address, node } = this.#host
    const [, at] = this.#position
    attempt(
      () => node.backplane.read(address, { before: at + 1, limit: verified }),
      (page) => {
        this.#filling = false
        if (page.epoch !== this.#position[0]) return this.#resync('epoch')
        if (this.#contradicts(page)) return this.#diverged(page.epoch)
        this.#unverified = false
        this.#fill()
      },
      (error) => this.#unreadable(error),
    )
  }

  /** The log is out of reach: tried again, also where no reconnect will be told of. */
  retryLater(): void {
    this.#retry ??= this.#host.node.runtime.timer(retryDelay, () => {
      this.#retry = null
      this.#host.retry()
    })
  }

  /** Reads what the hints did not bring. */
  #fill(): void {
    if (!this.#opened || this.#filling) {
      this.#again = true
      return
    }
    if (this.#unverified) return this.verify()
    this.#filling = true
    this.#again = false
    attempt(
      () => this.#host.read(this.#position[1]),
      (page) => {
        this.#filling = false
        this.#take(page)
        this.#reached()
        if (page.more || this.#again) this.#fill()
      },
      (error) => this.#unreadable(error),
    )
  }

  #take(page: LogPage): void {
    const reason = gapReason(this.#position, { ...page, idAt: page.afterId })
    if (reason === null) for (const entry of page.entries) this.#deliver(entry)
    else if (reason !== 'trimmed' && page.epoch === this.#position[0]) this.#diverged(page.epoch)
    else this.#restart(page, reason)
  }

  #deliver(entry: LogEntry, json?: string): void {
    const before = this.#position
    this.#position = [before[0], entry.at, entry.id]
    this.#host.deliver(entry, before, json)
  }

  /** Whether a page that ends at this place lacks something that this node has read. */
  #contradicts(page: LogPage): boolean {
    const [, at, id] = this.#position
    const ids = new Map(page.entries.map((entry) => [entry.at, entry.id]))
    if (at > page.base && ids.get(at) !== (id ?? undefined)) return true
    const first = page.entries[0]?.at ?? at + 1
    return this.#host.recent
      .upTo(at + 1, verified)
      .some((seen) => seen.at >= first && ids.get(seen.at) !== seen.id)
  }

  /** The log has lost entries: it gets a new epoch, once for all nodes, and everyone goes on from there. */
  #diverged(epoch: string): void {
    this.#filling = true
    const { address, node } = this.#host
    attempt(
      () => node.backplane.bump(address, epoch),
      () => this.#resync('diverged'),
      (error) => this.#unreadable(error),
    )
  }

  /** Everyone goes on from the top of a log that is not the one this node has read. */
  #resync(reason: GapReason): void {
    this.#filling = true
    const { address, node } = this.#host
    attempt(
      () => node.backplane.read(address, { before: null, limit: 1 }),
      (page) => {
        this.#filling = false
        this.#restart(page, reason)
        this.#reached()
        if (this.#again) this.#fill()
      },
      (error) => this.#unreadable(error),
    )
  }

  #restart(page: LogPage, reason: GapReason): void {
    this.#unverified = false
    this.#position = [page.epoch, page.top, page.topId]
    this.#host.restarted(reason)
  }

  #unreadable(error: unknown): void {
    this.#filling = false
    this.#again = true
    this.#host.node.report(error, this.#host.address)
    this.#reached(true)
    this.retryLater()
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
}
