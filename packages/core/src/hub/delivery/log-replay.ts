import type { LogPage } from '../../backplane/backplane.ts'
import { gapReason } from '../../log/gap-reason.ts'
import type { Frame } from '../../transport/batch.ts'
import type { GapReason, Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import type { LogCursor } from './log-cursor.ts'
import type { MessageEncoder } from './message-encoder.ts'
import type { RecentMessages } from './recent-messages.ts'
import type { SharedReads } from './shared-reads.ts'

/** The parts of a feed: everything that this node knows about the log of one address. */
export interface LogParts {
  /** The address of the log. */
  readonly address: string
  /** The verified position of this node. */
  readonly cursor: LogCursor
  /** The newest messages before that position. */
  readonly recent: RecentMessages
  /** Reads of the log, shared by all readers. */
  readonly reads: SharedReads
  /** Encodes messages, once for all readers. */
  readonly encoder: MessageEncoder
  /** The position at which a reader goes on after a gap. */
  readonly restart: Position
  /** True when a join may ask for a bounded replay only (P-ST-5). */
  readonly bounded: boolean
}

/** The next messages for a reader that is behind. */
export interface ReplayPage {
  /** The messages, encoded. */
  readonly frames: readonly Frame[]
  /** The position of the reader after them. */
  readonly next: Position
  /** The reason why the messages up to `next` are lost; `null` when they are not. */
  readonly gap: GapReason | null
  /** True when the page was handed over in the call itself. */
  readonly atOnce: boolean
}

/**
 * Replays the log of one address to readers that are behind: from the recent messages if those reach, else
 * from the log.
 */
export class LogReplay {
  readonly #context: HubContext
  readonly #parts: LogParts

  constructor(context: HubContext, parts: LogParts) {
    this.#context = context
    this.#parts = parts
  }

  get #position(): Position {
    return this.#parts.cursor.position
  }

  /**
   * Hands over the next messages after a position, up to this node's own; `null` when the log is out of
   * reach. The feed then tries again later.
   */
  pageAfter(position: Position, take: (page: ReplayPage | null) => void): void {
    const { cursor, reads, recent } = this.#parts
    if (position[0] !== this.#position[0]) return take({ ...this.#lost('epoch'), atOnce: true })
    if (position[1] >= this.#position[1]) return take({ ...this.#lost('diverged'), atOnce: true })
    if (recent.continues(position)) return take(this.#recentAfter(position))
    let atOnce = true
    reads.pageAfter(position[1], {
      accepts: (page) => this.#replayed(position, page).gap === null,
      take: (page) => take({ ...this.#replayed(position, page), atOnce }),
      failed: (error) => {
        this.#context.reportBackplane(error, this.#parts.address)
        cursor.retryLater()
        take(null)
      },
    })
    atOnce = false
  }

  #recentAfter(position: Position): ReplayPage {
    const messages = this.#parts.recent.after(position[1])
    const last = messages.at(-1)
    const next: Position = last === undefined ? this.#position : [position[0], last.at, last.id]
    return { frames: messages.map(({ frame }) => frame), next, gap: null, atOnce: true }
  }

  #replayed(position: Position, page: LogPage): Omit<ReplayPage, 'atOnce'> {
    const { encoder } = this.#parts
    const reason = gapReason(position, { ...page, idAt: page.afterId })
    if (page.epoch !== this.#position[0]) return this.#lost('epoch')
    if (reason === 'trimmed' && page.baseId !== null)
      return { frames: [], next: [page.epoch, page.base, page.baseId], gap: reason }
    if (reason !== null) return this.#lost(reason)
    const messages = encoder.encodePage(position[1], page).filter(({ at }) => at <= this.#position[1])
    const last = messages.at(-1)
    // The log has less than this node has already sent to other readers: it was rolled back.
    if (last === undefined) return this.#lost('diverged')
    return { frames: messages.map(({ frame }) => frame), next: [page.epoch, last.at, last.id], gap: null }
  }

  #lost(gap: GapReason): Omit<ReplayPage, 'atOnce'> {
    return { frames: [], next: this.#parts.restart, gap }
  }
}
