import type { JetStream, StreamMessage } from '../jetstream/jetstream.ts'
import type { PageReader } from '../jetstream/page-reader.ts'
import type { Names } from '../names.ts'
import { type LogMessage, stateAfter, toSequence } from './log-state.ts'
import { parseMessage } from './message-format.ts'

/** The messages of a log to collect. */
export interface ChainRange {
  /** The name of the log. */
  readonly name: string
  /** The message with which the range begins; it is part of the result. */
  readonly start: LogMessage
  /** The sequence of the last message that may be read. */
  readonly end: number
  /** Number of entries after which the collection may stop, from `start` on. */
  readonly entries: number
  /** Number of bytes after which the collection may stop. */
  readonly bytes: number
}

/** The messages of a log do not link: a message was trimmed meanwhile, or the log has lost it. */
export class BrokenChain extends Error {}

/** Messages up to this number are read one by one; above it over a consumer. */
const oneByOne = 16
/** Bytes that a consumer delivers at once, at most. */
const consumerBytes = 393_216

/** The messages of logs as JetStream keeps them. Each names the entry before it, and so a loss is seen. */
export class Chain {
  readonly #jetstream: JetStream
  readonly #pages: PageReader
  readonly #names: Names

  constructor(jetstream: JetStream, pages: PageReader, names: Names) {
    this.#jetstream = jetstream
    this.#pages = pages
    this.#names = names
  }

  /** Reads the newest message of a log, and the time at which it was stored. */
  async last(name: string): Promise<{ message: LogMessage; stored: number } | null> {
    const found = await this.#jetstream.last(this.#names.streamOf(name), this.#names.log(name))
    return found === null ? null : { message: parseMessage(found), stored: found.time }
  }

  /** Reads the first message of a log at or after a sequence. */
  async next(name: string, sequence: number): Promise<LogMessage | null> {
    const found = await this.#jetstream.next(this.#names.streamOf(name), this.#names.log(name), sequence)
    return found === null ? null : parseMessage(found)
  }

  /** Reads the message of a sequence, or the copy that replaced it; `null` when it is no longer kept. */
  async at(name: string, sequence: number): Promise<LogMessage | null> {
    if (sequence <= 0) return null
    const found = await this.#jetstream.at(this.#names.streamOf(name), sequence)
    if (found !== null) return found.subject === this.#names.log(name) ? parseMessage(found) : null
    return (await this.copy(name, sequence))?.message ?? null
  }

  /** Reads the copy of a message in which entries are redacted. */
  async copy(name: string, sequence: number): Promise<{ message: LogMessage; stored: number } | null> {
    const subject = this.#names.redacted(name, sequence)
    const found = await this.#jetstream.last(this.#names.streamOf(name), subject)
    if (found === null) return null
    return { message: parseMessage({ sequence, data: found.data }), stored: found.sequence }
  }

  /**
   * Collects messages in their order, without a hole.
   *
   * @throws BrokenChain when a message is missing.
   */
  async collect(range: ChainRange): Promise<LogMessage[]> {
    const { start, end } = range
    const messages = [start]
    let { length: entries } = start.entries
    let bytes = bytesOf(start)
    for (let last = start; last.sequence < end && entries < range.entries && bytes < range.bytes; ) {
      const batch = await this.#batch(range, last, range.entries - entries)
      if (batch.length === 0) throw new BrokenChain()
      for (const message of batch) {
        for (const linked of await this.#link(range.name, last, message)) {
          if (linked.sequence > end) return messages
          messages.push(linked)
          entries += linked.entries.length
          bytes += bytesOf(linked)
        }
        last = message
      }
    }
    return messages
  }

  /**
   * Reads the redacted messages between an offset and a message, oldest first.
   *
   * @throws BrokenChain when the messages are missing.
   */
  async between(name: string, offset: number, message: LogMessage): Promise<LogMessage[]> {
    const missing: LogMessage[] = []
    for (let { top } = message.before; top > offset; ) {
      const copy = await this.copy(name, toSequence(top))
      if (copy === null) throw new BrokenChain()
      missing.unshift(copy.message)
      top = copy.message.before.top
    }
    return missing
  }

  /** Returns a message with the redacted messages that stand between it and the message before. */
  async #link(name: string, last: LogMessage, message: LogMessage): Promise<LogMessage[]> {
    const { top } = stateAfter(last)
    if (message.before.top === top) return [message]
    if (message.before.top < top) throw new BrokenChain()
    return [...(await this.between(name, top, message)), message]
  }

  async #batch(range: ChainRange, last: LogMessage, wanted: number): Promise<LogMessage[]> {
    const from = last.sequence + 1
    if (wanted > oneByOne) {
      const read = await this.#page(range.name, from, wanted)
      if (read.length > 0) return read.map(parseMessage)
    }
    const next = await this.next(range.name, from)
    return next === null ? [] : [next]
  }

  #page(name: string, from: number, count: number): Promise<StreamMessage[]> {
    const stream = this.#names.streamOf(name)
    const subject = this.#names.log(name)
    return this.#pages.read({ stream, subject, from, count: Math.min(count, 1_000), bytes: consumerBytes })
  }
}

function bytesOf({ entries }: LogMessage): number {
  let bytes = 0
  for (const entry of entries) bytes += entry.bytes
  return bytes
}
