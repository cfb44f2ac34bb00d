import type { Position } from '@chat/core'
import type { JetStream } from '../jetstream/jetstream.ts'
import type { Names } from '../names.ts'
import type { LogContext } from './log-context.ts'
import { type LogMessage, type LogState, type StoredEntry, toIndex, toSequence } from './log-state.ts'
import { formatMessage } from './message-format.ts'

const redactedEvent = '$redacted'

/**
 * Empties entries. JetStream cannot change a message, so the message is copied without the data of the entry
 * to a subject that its sequence names, and is then erased. A reader that misses a message finds its copy
 * there, so offsets and their order stay. A marker tells readers that the log has such copies, and is the
 * newest message, so that the newest message is never erased.
 */
export class Redaction {
  readonly #context: LogContext
  readonly #jetstream: JetStream
  readonly #names: Names

  constructor(context: LogContext, jetstream: JetStream, names: Names) {
    this.#context = context
    this.#jetstream = jetstream
    this.#names = names
  }

  /** Empties an entry; answers `false` when the log does not have it. A repetition completes an earlier call. */
  async redact(name: string, [epoch, offset, id]: Position): Promise<boolean> {
    const { chain } = this.#context
    const newest = await chain.last(name)
    if (newest === null || newest.message.before.epoch !== epoch) return false
    const sequence = toSequence(offset)
    const copy = await chain.copy(name, sequence)
    const message = copy?.message ?? (await chain.at(name, sequence))
    const entry = message?.entries[toIndex(offset)]
    if (message === null || entry === undefined || entry.id !== id) return false
    if (offset <= newest.message.before.floor) return false
    if (entry.event !== redactedEvent) await this.#copy(name, message, toIndex(offset), copy?.stored ?? 0)
    await this.#context.markWith(name, (state) => (state === null ? null : withRedacted(state, offset)))
    await this.#jetstream.erase(this.#names.streamOf(name), sequence)
    if (copy !== null && entry.event !== redactedEvent)
      await this.#jetstream.erase(this.#names.streamOf(name), copy.stored)
    return true
  }

  async #copy(name: string, message: LogMessage, index: number, stored: number): Promise<void> {
    const entries = message.entries.map((entry, at) => (at === index ? emptied(entry) : entry))
    const subject = this.#names.redacted(name, message.sequence)
    const taken = await this.#jetstream.publish(subject, formatMessage({ ...message, entries }), stored)
    if (taken !== null) return
    // Another node has redacted an entry of the same message meanwhile.
    const copy = await this.#context.chain.copy(name, message.sequence)
    if (copy !== null) await this.#copy(name, copy.message, index, copy.stored)
  }
}

const emptied = (entry: StoredEntry): StoredEntry => ({
  ...entry,
  event: redactedEvent,
  data: 'null',
  meta: null,
})

const withRedacted = (state: LogState, offset: number): LogState => ({
  ...state,
  redacted: Math.max(state.redacted, offset),
  topEvent: offset === state.top ? redactedEvent : state.topEvent,
})
