import type { LogEntry, LogPage } from '../../backplane/backplane.ts'
import { encodeMessage } from '../../protocol/encode.ts'
import { Frame } from '../../transport/batch.ts'
import type { RecentMessage } from './recent-messages.ts'

/**
 * A message that was sent to the readers that keep up. Its frame is made again for the first reader that needs
 * it later. Until then the message takes no more memory than its entry, which a log in memory has as well.
 */
class SentMessage implements RecentMessage {
  readonly prev: number
  readonly bytes: number
  readonly #entry: LogEntry
  readonly #encoder: MessageEncoder
  #frame: Frame | null = null

  constructor(
    encoder: MessageEncoder,
    entry: LogEntry,
    { prev, bytes }: Pick<RecentMessage, 'prev' | 'bytes'>,
  ) {
    this.prev = prev
    this.bytes = bytes
    this.#entry = entry
    this.#encoder = encoder
  }

  get at(): number {
    return this.#entry.at
  }

  get id(): string {
    return this.#entry.id
  }

  get frame(): Frame {
    this.#frame ??= this.#encoder.encodeEntry(this.#entry, this.prev)
    return this.#frame
  }
}

/**
 * Encodes the messages of one address. A page of the log is encoded once, for all readers that get it.
 */
export class MessageEncoder {
  readonly #addressJson: string
  /** The pages that were encoded; `null` before the first. */
  #pages: WeakMap<LogPage, readonly RecentMessage[]> | null = null

  constructor(address: string) {
    this.#addressJson = JSON.stringify(address)
  }

  /** Encodes an entry of the log. `prev` is the offset before it. */
  encodeEntry(entry: LogEntry, prev: number): Frame {
    return new Frame(encodeMessage(this.#addressJson, entry, prev))
  }

  /** Keeps a message of which `frame` was sent, without the frame. */
  keepSent(entry: LogEntry, prev: number, { bytes }: Frame): RecentMessage {
    return new SentMessage(this, entry, { prev, bytes })
  }

  /** Tells whether a page was encoded before. */
  hasPage(page: LogPage): boolean {
    return this.#pages?.has(page) === true
  }

  /** Encodes the messages of a page that starts after an offset. */
  encodePage(after: number, page: LogPage): readonly RecentMessage[] {
    let messages = this.#pages?.get(page)
    if (messages !== undefined) return messages
    let prev = after
    messages = page.entries.map((entry) => {
      const frame = this.encodeEntry(entry, prev)
      const message = { at: entry.at, prev, id: entry.id, bytes: frame.bytes, frame }
      prev = entry.at
      return message
    })
    this.#pages ??= new WeakMap()
    this.#pages.set(page, messages)
    return messages
  }
}
