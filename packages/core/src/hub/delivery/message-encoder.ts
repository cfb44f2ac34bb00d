import type { LogEntry, LogPage } from '../../backplane/backplane.ts'
import { encodeMessage } from '../../protocol/encode.ts'
import { Frame } from '../../transport/batch.ts'
import type { RecentMessage } from './recent-messages.ts'

/**
 * Encodes the messages of one address. A page of the log is encoded once, for all readers that get it.
 */
export class MessageEncoder {
  readonly #addressJson: string
  readonly #pages = new WeakMap<LogPage, readonly RecentMessage[]>()

  constructor(address: string) {
    this.#addressJson = JSON.stringify(address)
  }

  /** Encodes an entry of the log. `prev` is the offset before it. */
  encodeEntry(entry: LogEntry, prev: number): Frame {
    return new Frame(encodeMessage(this.#addressJson, entry, prev))
  }

  /** Tells whether a page was encoded before. */
  hasPage(page: LogPage): boolean {
    return this.#pages.has(page)
  }

  /** Encodes the messages of a page that starts after an offset. */
  encodePage(after: number, page: LogPage): readonly RecentMessage[] {
    let messages = this.#pages.get(page)
    if (messages !== undefined) return messages
    let prev = after
    messages = page.entries.map((entry) => {
      const message = { at: entry.at, prev, id: entry.id, frame: this.encodeEntry(entry, prev) }
      prev = entry.at
      return message
    })
    this.#pages.set(page, messages)
    return messages
  }
}
