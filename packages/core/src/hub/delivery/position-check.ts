import type { LogPage } from '../../backplane/backplane.ts'
import { gapReason } from '../../log/gap-reason.ts'
import { replayBytes } from '../../protocol/limits.ts'
import { type GapReason, type Position, samePosition } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import type { LogParts } from './log-replay.ts'

/** Decides whether a reader can go on from a position of one log (P-ST-2, P-ST-5). */
export class PositionCheck {
  readonly #context: HubContext
  readonly #parts: LogParts

  constructor(context: HubContext, parts: LogParts) {
    this.#context = context
    this.#parts = parts
  }

  /** Calls `next` with `null` when a reader can go on from a position, else with the reason why it cannot. */
  check(since: Position, next: (reason: GapReason | null) => void): void {
    const { cursor, recent, reads } = this.#parts
    const own = cursor.position
    if (samePosition(since, own)) return next(null)
    // While the log may be another log, the recent messages prove nothing.
    if (cursor.unverified || !recent.has(since)) return this.#checkInLog(since, next)
    // This node knows the message of the position, but not whether the log still keeps it. One read tells
    // that for all recent messages.
    const missed = recent.after(since[1])
    const accepts = (page: LogPage): boolean => gapReason(own, { ...page, idAt: page.afterId }) === null
    reads.pageAfter(own[1], {
      accepts,
      take: (page) => {
        if (!accepts(page)) return this.#checkInLog(since, next)
        const messages = page.behind.messages + missed.length
        const bytes = missed.reduce((sum, message) => sum + message.bytes, page.behind.bytes)
        const view = { ...page, afterId: since[2], behind: { messages, bytes } }
        cursor.reach(page, () => next(this.#reasonAgainst(since, view)))
      },
      failed: (error) => this.#absent(error, next),
    })
  }

  /** Checks a position against the page of the log that follows it. */
  #checkInLog(since: Position, next: (reason: GapReason | null) => void): void {
    const { cursor, reads } = this.#parts
    reads.pageAfter(since[1], {
      accepts: (page) => this.#reasonAgainst(since, page) === null,
      take: (page) =>
        cursor.reach(page, (far) => {
          const reason = this.#reasonAgainst(since, page) ?? (far ? 'absent' : null)
          if (reason === null) this.#keepRecent(since, page)
          next(reason)
        }),
      failed: (error) => this.#absent(error, next),
    })
  }

  #reasonAgainst(since: Position, page: LogPage): GapReason | null {
    const { behind } = page
    const over =
      this.#parts.bounded && (behind.messages > this.#context.limits.replay || behind.bytes > replayBytes)
    return gapReason(since, { ...page, idAt: page.afterId }) ?? (over ? 'limit' : null)
  }

  #absent(error: unknown, next: (reason: GapReason) => void): void {
    this.#context.reportBackplane(error, this.#parts.address)
    next('absent')
  }

  /** Keeps the newest messages of a page as recent messages, so that they are not read and encoded again. */
  #keepRecent(since: Position, page: LogPage): void {
    const { cursor, encoder, recent } = this.#parts
    const [epoch, at, id] = cursor.position
    if (page.epoch !== epoch || encoder.hasPage(page)) return
    if (page.entries.some((entry) => entry.at === at && entry.id === id))
      recent.extend(encoder.encodePage(since[1], page))
  }
}
