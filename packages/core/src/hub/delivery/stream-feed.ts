import type { LogEntry, LogPage } from '../../backplane/backplane.ts'
import { chain, type MaybePromise } from '../../runtime/maybe-promise.ts'
import { endEvent } from '../../vocabulary/message.ts'
import { type GapReason, type LogStart, type Position, samePosition } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import { LogFeed } from './log-feed.ts'
import type { PayingSession, Reader } from './reader.ts'

/**
 * The log of a stream on this node (P-SM-4, P-SM-5). Its readers want the whole: without a position, and after
 * each gap, they begin at the beginning. The end of the stream ends their membership.
 */
export class StreamFeed extends LogFeed {
  override readonly bounded = false
  /** The time of the last entry that this node has got. */
  heard: number
  /** The time of the last look for the writer. */
  looked: number = Number.NEGATIVE_INFINITY
  readonly #now: () => number
  readonly #onEnd: (address: string) => void
  /** The id of the entry that ends the stream; `null` while this node has not seen it. */
  #end: string | null = null

  /** @param onEnd - Called when a reader has got the end. */
  constructor(context: HubContext, address: string, onEnd: (address: string) => void) {
    super(context, address)
    this.#now = () => context.runtime.now()
    this.#onEnd = onEnd
    this.heard = this.#now()
  }

  /** True once this node has read up to the end of the stream. */
  get ended(): boolean {
    return this.#end !== null && this.position[2] === this.#end
  }

  /** The position before the head. */
  override get restart(): Position {
    return [this.position[0], 0, null]
  }

  /** Opens at the top, whatever position is asked for: the last entry tells if the stream has ended. */
  override open(_since: Position | null): MaybePromise<void> {
    return super.open(null)
  }

  override readPage(after: number): MaybePromise<LogPage> {
    return chain(super.readPage(after), (page) => {
      this.logRead(page)
      return page
    })
  }

  override placeReader(
    reader: Reader,
    since: Position | null,
    reason: GapReason | null,
    session: PayingSession,
  ): void {
    reader.moveTo(reason === null && since !== null ? since : this.restart, session.catchUp)
  }

  override startOf(reader: Reader, reason: GapReason | null): LogStart {
    const { position } = reader
    const top = this.position[1]
    if (reason !== null) return { position, top, mode: 'gap', reason }
    return { position, top, mode: samePosition(position, this.position) ? 'live' : 'replay' }
  }

  override entryPassed(entry: LogEntry, before: Position): void {
    this.heard = this.#now()
    this.#note(entry)
    super.entryPassed(entry, before)
    if (this.ended) for (const reader of [...this.readers.values()]) if (reader.live) this.caughtUp(reader)
  }

  override logRestarted(reason: GapReason): void {
    // Nothing is left to read.
    if (this.position[1] === 0) this.#forgotten()
    else super.logRestarted(reason)
  }

  /** The end of the stream ends the membership of a reader that has got it (P-SM-6). */
  override caughtUp(reader: Reader): void {
    if (!this.ended) return
    reader.endMembership(null)
    this.#onEnd(this.address)
  }

  protected override logRead(page: LogPage): void {
    this.#note(page.entries.at(-1))
    // A stream is kept as a whole, or not at all.
    if (!page.exists || page.base > 0) this.#forgotten()
  }

  #note(entry: LogEntry | undefined): void {
    if (entry?.event === endEvent) this.#end = entry.id
  }

  /** The stream is gone: no reader can have the whole. */
  #forgotten(): void {
    const left = { code: 'not_found', message: 'unable to go on: the stream is no longer kept' } as const
    for (const reader of [...this.readers.values()]) reader.endMembership(left)
  }
}
