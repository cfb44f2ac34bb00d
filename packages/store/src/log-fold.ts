import { ChatError, type Message, type MessageCursor, type MessageGap, type Position } from '@chat/core'
import type { LogSource } from './log-source.ts'
import type { GapItem } from './message-item.ts'
import { unasked } from './room-state.ts'
import { isGap } from './timeline.ts'

/** Wait before the log is read again, in milliseconds. */
const retryDelay = 1_000

/** Number of messages in a page at least: some of them may not be shown. */
const smallest = 20

/** Number of messages that are read back without a number. */
const usual = 50

/** Number of messages in a page at most. */
const largest = 1_000

/** Messages that a server has read for a page. */
export interface InitialMessages {
  /** Messages, oldest first. */
  readonly messages: readonly Message[]
  /** Position up to which they were read. */
  readonly position: Position
  /** `true` when the log has older messages. Default: `true`. */
  readonly more?: boolean
}

/** Receiver of the messages of a log. */
export interface LogSink {
  /** Takes the next message. */
  append(message: Message): void
  /** Takes messages before all others, oldest first. Returns the number of them that are wanted. */
  prepend(messages: readonly Message[]): number
  /** Takes a gap behind the last message. */
  gap(gap: Omit<GapItem, 'key' | 'event'>): void
  /** The state of the fold has changed. */
  changed(): void
}

/** Options of a {@link LogFold}. */
export interface LogFoldOptions {
  /** Number of messages to begin with. */
  readonly last: number
  readonly initial?: InitialMessages | undefined
}

/**
 * Reads a log for a store, from its beginning on the screen: the past in pages, and everything that follows. It can
 * be stopped and started: it goes on where it was.
 */
export class LogFold {
  readonly #source: LogSource
  readonly #sink: LogSink
  readonly #last: number
  #cursor: MessageCursor<Message> | null = null
  /** Position of the newest message that was read; `null` for none. */
  #place: Position | null = null
  /** Position of the oldest message that was read; `null` for none. */
  #oldest: Position | null = null
  /** `true` once the messages to begin with were read. */
  #begun = false
  /** Read of the messages to begin with, while it is under way. */
  #beginning: Promise<void> | null = null
  #paging: Promise<void> | null = null
  #ended = false
  /** `true` when the past may not be read. */
  #refused = false
  /** `true` when messages were missed that may not be read, and no message has come since. */
  #missing = false
  error: ChatError | null = null
  more = true

  constructor(source: LogSource, sink: LogSink, { last, initial }: LogFoldOptions) {
    this.#source = source
    this.#sink = sink
    this.#last = last
    if (initial === undefined) return
    const { messages, position, more = true } = initial
    const shown = messages.filter(isShown)
    sink.prepend(shown)
    this.#place = openedBefore(shown) ?? position
    this.#oldest = messages[0]?.position ?? after(position)
    this.#begun = true
    this.more = more
  }

  get state(): 'loading' | 'live' | 'ended' {
    return this.#ended ? 'ended' : this.#begun ? 'live' : 'loading'
  }

  get loadingOlder(): boolean {
    return this.#paging !== null
  }

  /** Position of the newest message that was read; `null` before it is known. */
  get place(): Position | null {
    return this.#place
  }

  /** Reads the log from now on. */
  start(): void {
    if (this.#ended) return
    const place = this.#begun ? this.#place : null
    let cursor: MessageCursor<Message>
    try {
      cursor = this.#source.open(place)
    } catch (error) {
      return this.end(unasked(error))
    }
    this.#cursor = cursor
    if (place === null && !this.#refused) this.#beginning = this.#begin(cursor)
    void this.#run(cursor)
  }

  /** Stops to read. */
  stop(): void {
    const cursor = this.#cursor
    this.#cursor = null
    void cursor?.return()
  }

  /** The log is read no more. */
  end(error: ChatError | null): void {
    if (this.#ended) return
    this.stop()
    this.#ended = true
    this.error = error
    this.#sink.changed()
  }

  /** The sink has dropped the messages before a position, which `older` reads again. */
  dropBefore(position: Position): void {
    this.#oldest = position
    this.more = true
  }

  /** Reads older messages until `count` of them are shown, or the log has no more. Never rejects. */
  older(count: unknown): Promise<void> {
    // A page that gives `older` as the handler of a click hands the event over.
    this.#paging ??= this.#readOlder(typeof count === 'number' ? count : usual).finally(() => {
      this.#paging = null
      this.#sink.changed()
    })
    this.#sink.changed()
    return this.#paging
  }

  /** Reads the messages to begin with, again and again while that may help. */
  async #begin(cursor: MessageCursor<Message>): Promise<void> {
    for (let done = false; !done && this.#cursor === cursor; )
      try {
        await this.#readNewest(cursor)
        done = true
      } catch (error) {
        if (this.#cursor !== cursor) return
        if (error instanceof ChatError && error.retryable) await this.#wait(error.retryAfter ?? retryDelay)
        else {
          this.#refusePast(error)
          done = true
        }
      }
    this.#sink.changed()
  }

  async #readNewest(cursor: MessageCursor<Message>): Promise<void> {
    // A log that had no message when it was read first may have many now.
    const last = this.#begun ? largest : this.#last
    const found = await cursor.older(Math.max(last, 1))
    if (this.#cursor !== cursor) return
    const [oldest, newest] = [found[0]?.position, found.at(-1)?.position]
    const wanted = last === 0 ? 0 : this.#sink.prepend(found)
    // Without messages to begin with, the newest is the first of those before the list.
    this.#oldest = last === 0 && newest !== undefined ? after(newest) : (oldest ?? this.#oldest)
    this.#place ??= newest ?? null
    this.more = found.length === Math.max(last, 1)
    this.#begun = true
    if (wanted < last && this.more) void this.older(last - wanted)
  }

  /** The past may not be read: the list goes on with what follows. */
  #refusePast(error: unknown): void {
    this.error = unasked(error)
    this.more = false
    this.#begun = true
    this.#refused = true
  }

  async #run(cursor: MessageCursor<Message>): Promise<void> {
    try {
      for await (const item of cursor) {
        if (this.#cursor !== cursor) return
        this.#take(item)
      }
      if (this.#cursor === cursor) this.end(null)
    } catch (error) {
      if (this.#cursor === cursor) this.#failed(error)
    }
  }

  #take(item: Message | MessageGap): void {
    if (isGap(item)) {
      this.#sink.gap(item)
      this.#place = item.to
    } else {
      this.#sink.append(item)
      this.#missing = false
      this.#place = item.position
      this.#oldest ??= item.position
    }
    this.#sink.changed()
  }

  /** The cursor may not read from the log, where messages were missed: the list goes on with what follows. */
  #failed(error: unknown): void {
    const over = this.#source.parts.ended
    if (over !== null) return this.end(unasked(over))
    // The inbox is that of another user now.
    if (error instanceof ChatError && error.code === 'unauthorized') return this.end(error)
    const again = this.#missing
    if (!again) this.#sink.gap({ reason: 'absent', from: this.#place, to: null })
    this.#missing = true
    this.#place = null
    this.#refusePast(error)
    this.#sink.changed()
    if (!again) return this.start()
    const cursor = this.#cursor
    this.#source.parts.runtime.timer(retryDelay, () => {
      if (this.#cursor === cursor) this.start()
    })
  }

  async #readOlder(count: number): Promise<void> {
    await this.#beginning
    for (let wanted = count; wanted > 0 && this.more && this.#oldest !== null; )
      try {
        const [epoch, before] = this.#oldest
        const limit = Math.min(Math.max(wanted, smallest), largest)
        const page = await this.#source.history({ before, limit })
        const first = page.messages[0]?.position
        this.more = page.more && first !== undefined && page.epoch === epoch
        if (page.epoch !== epoch || first === undefined) return
        this.#oldest = first
        wanted -= this.#sink.prepend(page.messages.filter(isShown))
        this.#sink.changed()
      } catch (error) {
        this.error = unasked(error)
        return
      }
  }

  #wait(delay: number): Promise<void> {
    return new Promise((resolve) => {
      this.#source.parts.runtime.timer(delay, resolve)
    })
  }
}

/** Position before which the messages up to another position are. */
const after = ([epoch, at]: Position): Position => [epoch, at + 1, null]

const isShown = ({ event }: Message): boolean => event !== '$redacted'

/**
 * Position before the first stream that is still being written; `null` for none. A server gives its beginning only,
 * so its message is read again with a reader.
 */
function openedBefore(messages: readonly Message[]): Position | null {
  const ended = new Set(messages.map(({ meta }) => (typeof meta?.['end'] === 'string' ? meta['of'] : null)))
  const open = messages.find(({ id, meta }) => meta?.['stream'] === true && !ended.has(id))
  return open === undefined ? null : [open.position[0], open.position[1] - 1, null]
}
