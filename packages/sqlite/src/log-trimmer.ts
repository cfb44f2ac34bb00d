import { dueAt, isStream, type LogState, type LogTable } from './log-table.ts'

/** Maximum number of entries that are removed at once: this takes some milliseconds. */
export const trimmedEntries = 500
/** The part of a bound by which it may be exceeded, so that not every append removes an entry. */
const slack = 0.1
const leastSlack = 100

/** Removes the entries of logs beyond their retention, in lots. */
export class LogTrimmer {
  readonly #table: LogTable

  constructor(table: LogTable) {
    this.#table = table
  }

  /** Trims a log after an append, if it has exceeded its bounds by more than the slack. */
  trimAfterAppend(log: LogState, now: number): void {
    if (isStream(log.address)) return
    const { count, bytes } = log.bounds
    const tooMany = log.top - log.base > count + Math.max(leastSlack, count * slack)
    if (tooMany || log.bytes - log.baseBytes > bytes * (1 + slack)) this.trim(log, now)
  }

  /**
   * Removes up to {@link trimmedEntries}, and sets the time at which the log is looked at again. Returns the
   * number of entries that were removed.
   */
  trim(log: LogState, now: number): number {
    if (isStream(log.address)) return 0
    const { base } = log
    this.#table.trimTo(log, this.#lastExpired(log, now))
    const oldest = this.#table.placeOf(log, log.base + 1)
    if (oldest !== null) this.#table.setDue(log, dueAt(log, oldest.stored))
    return log.base - base
  }

  /** Finds the last entry to be removed. All entries before it are to be removed as well. */
  #lastExpired(log: LogState, now: number): number {
    let low = log.base
    let high = Math.min(log.top, log.base + trimmedEntries)
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#isExpired(log, middle, now)) low = middle
      else high = middle - 1
    }
    return low
  }

  #isExpired(log: LogState, at: number, now: number): boolean {
    const { count, bytes, age } = log.bounds
    if (at <= log.top - count) return true
    const place = this.#table.placeOf(log, at)
    if (place === null) return true
    return log.bytes - place.total >= bytes || now - place.stored > age
  }
}
