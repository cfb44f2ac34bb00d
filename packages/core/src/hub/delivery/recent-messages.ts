import { Log } from '../../log/log.ts'
import type { Frame } from '../../transport/batch.ts'
import type { Position } from '../../vocabulary/position.ts'

/** A message with the frame that all its readers share. */
export interface RecentMessage {
  readonly at: number
  readonly prev: number
  readonly id: string
  readonly frame: Frame
}

/** How many messages, and how many bytes of them, are kept at hand. */
const mostMessages = 128
const mostBytes = 128 * 1024

/**
 * The newest messages of a stream that a node has verified, for readers that are a little behind: an unbroken run, bounded, that ends at the node's own place.
 *
 * @internal
 */
export class RecentMessages {
  #log = new Log<RecentMessage>()
  #bytes = 0

  push(message: RecentMessage): void {
    this.#log.push(message)
    this.#bytes += message.frame.bytes
    while (this.#log.size > mostMessages || this.#bytes > mostBytes) {
      const gone = this.#log.shift()
      if (gone === undefined) return
      this.#bytes -= gone.frame.bytes
    }
  }

  /** Takes in what stands before the first of them, as much as there is room for. */
  extend(older: readonly RecentMessage[]): void {
    const newer = this.#log.after(0, mostMessages)
    const all = [...older.filter(({ at }) => at < (newer[0]?.at ?? Number.POSITIVE_INFINITY)), ...newer]
    this.clear()
    for (const message of all) this.push(message)
  }

  clear(): void {
    this.#log = new Log()
    this.#bytes = 0
  }

  /** Whether a message with this id stands at an offset. */
  has([, at, id]: Position): boolean {
    return id !== null && this.#log.at(at)?.id === id
  }

  /** Whether they continue a position that was verified before: all that comes after it is here. */
  continue([, at, id]: Position): boolean {
    const first = this.#log.first
    if (first === undefined || at < first.prev) return false
    const there = this.#log.at(at)
    return there === undefined || there.id === id
  }

  /** Up to `limit` messages after an offset, oldest first. */
  after(offset: number, limit: number = mostMessages): RecentMessage[] {
    return this.#log.after(offset, limit)
  }

  /** Up to `limit` messages that end before an offset, oldest first. */
  upTo(offset: number, limit: number): RecentMessage[] {
    return this.#log.upTo(offset, limit)
  }
}
