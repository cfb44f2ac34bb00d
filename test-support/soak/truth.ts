import type { LogCopy, LoggedMessage } from '../brokers/journal.ts'
import type { LogReader } from '../brokers/read-log.ts'

/**
 * The whole log of a run, also of entries that its retention has removed meanwhile. It must be read more often
 * than the log is filled.
 */
export class Truth {
  readonly #reader: LogReader
  readonly #entries: LoggedMessage[] = []
  #latest: LogCopy | null = null

  constructor(reader: LogReader) {
    this.#reader = reader
  }

  /**
   * Reads the entries that are new, and returns the log.
   *
   * @throws Error when the log has another epoch than before, or has removed entries that were never read.
   */
  async read(): Promise<LogCopy> {
    const copy = await this.#reader.read()
    const last = this.#entries.at(-1)?.at ?? 0
    const { epoch = copy.epoch, base = copy.base } = this.#latest ?? {}
    if (copy.epoch !== epoch) throw new Error(`unable to judge: the epoch ${epoch} has become ${copy.epoch}`)
    if (this.#latest !== null && copy.base > last)
      throw new Error('unable to judge: the log has removed entries before they were read')
    this.#entries.push(...copy.entries.filter(({ at }) => at > last))
    this.#latest = copy
    return { ...copy, base, entries: this.#entries }
  }
}
