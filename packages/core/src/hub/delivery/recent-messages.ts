import { Log } from '../../log/log.ts'
import type { Frame } from '../../transport/batch.ts'
import type { Position } from '../../vocabulary/position.ts'

/** A message with the frame that all its readers share. */
export interface RecentMessage {
  /** The offset of the message. */
  readonly at: number
  /** The offset of the message before it. */
  readonly prev: number
  /** The id of the message. */
  readonly id: string
  /** Bytes of the frame. */
  readonly bytes: number
  /** The encoded message. */
  readonly frame: Frame
}

const maxMessages = 128
const maxBytes = 128 * 1024

/**
 * The newest messages that this node has verified in one log, for readers that are slightly behind. They are
 * an unbroken and bounded run that ends at the node's own position.
 */
export class RecentMessages {
  #log = new Log<RecentMessage>()
  #bytes = 0

  /** Adds the newest message, and drops the oldest messages above the bounds. */
  push(message: RecentMessage): void {
    this.#log.push(message)
    this.#bytes += message.bytes
    while (this.#log.size > maxMessages || this.#bytes > maxBytes) {
      const dropped = this.#log.shift()
      if (dropped === undefined) return
      this.#bytes -= dropped.bytes
    }
  }

  /** Adds the messages that precede the oldest message here, as far as the bounds allow. */
  extend(older: readonly RecentMessage[]): void {
    const newer = this.#log.after(0, maxMessages)
    const all = [...older.filter(({ at }) => at < (newer[0]?.at ?? Number.POSITIVE_INFINITY)), ...newer]
    this.clear()
    for (const message of all) this.push(message)
  }

  /** Drops all messages. */
  clear(): void {
    this.#log = new Log()
    this.#bytes = 0
  }

  /** Tells whether the message of a position is here. */
  has([, at, id]: Position): boolean {
    return id !== null && this.#log.at(at)?.id === id
  }

  /** Tells whether all messages after a position that was verified before are here. */
  continues([, at, id]: Position): boolean {
    const first = this.#log.first
    if (first === undefined || at < first.prev) return false
    const known = this.#log.at(at)
    return known === undefined || known.id === id
  }

  /** Returns up to `limit` messages after an offset, oldest first. */
  after(offset: number, limit: number = maxMessages): RecentMessage[] {
    return this.#log.after(offset, limit)
  }

  /** Returns the last `limit` messages before an offset, oldest first. */
  upTo(offset: number, limit: number): RecentMessage[] {
    return this.#log.upTo(offset, limit)
  }
}
