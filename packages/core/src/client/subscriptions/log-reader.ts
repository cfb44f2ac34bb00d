import { markRaw } from '../../runtime/mark-raw.ts'
import { createAborter } from '../../runtime/signal.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { HistoryOptions, HistoryPage } from '../../vocabulary/history.ts'
import type { Message } from '../../vocabulary/message.ts'
import { type GapReason, type Position, samePosition } from '../../vocabulary/position.ts'
import type { ClientContext } from '../context.ts'
import type { MessageCursor, MessageGap, MessagesOptions } from '../message-cursor.ts'
import { accept } from '../operations/accept.ts'
import type { Operations } from '../operations/operations.ts'
import type { PositionKeeper } from '../position-storage.ts'
import { rememberId } from './delivered-ids.ts'
import type { AddressEvent, MessageReader } from './receiver.ts'

/** Maximum number of messages that wait for a slow consumer, and of those that it then reads at once. */
const most = 256

/** Wait before the log is read again, in milliseconds. */
const retryDelay = 1_000

/** Address that a {@link LogReader} reads, and the parts of the client that it uses. */
interface ReadSource {
  readonly address: string
  readonly services: {
    readonly context: ClientContext
    readonly operations: Operations
    readonly subscriptions: { readonly keeper: PositionKeeper | null }
  }
}

/**
 * Implementation of {@link MessageCursor}: returns live messages while the consumer keeps up, and otherwise
 * reads the log until it has reached the live messages again.
 */
export class LogReader implements MessageCursor, MessageReader {
  readonly #source: ReadSource
  readonly #onEnd: () => void
  readonly #aborter = createAborter()
  readonly #loop: AsyncGenerator<Message | MessageGap, undefined>
  /** Items for the consumer. */
  #items: (Message | MessageGap)[] = []
  /** Live messages behind those that are to be read from the log. */
  #live: Message[] = []
  /** Place of the newest item; `null` before the first. An id of `null` is unknown. */
  #place: Position | null = null
  /** Position before the first item that the loop has not handled, as far as the room had reached it. */
  #handled: Position | null = null
  /** `true` from the first call of `next`. */
  #looping = false
  /** `true` while the loop handles an item. */
  #busy = false
  /** Position of which the log is read up to, at least: live messages up to it were dropped or never came. */
  #goal: Position | null = null
  /** `true` while messages behind `#place` are to be read from the log. */
  #behind: boolean
  /** Number of messages to begin with, until they were read. */
  #last: number
  /** Position of the oldest message that was returned, or behind the beginning. */
  #oldest: Position | null = null
  /** Ids of the newest messages: a log that was rolled back may have them again. */
  readonly #ids = new Set<string>()
  /** Read of the messages to begin with, while it is under way. */
  #beginning: Promise<Message[]> | null = null
  /** Settles when the last page for `older` has been read. */
  #paging: Promise<unknown> = Promise.resolve()
  #ended = false
  #error: unknown = null
  #wake: () => void = () => {}

  /** `onEnd` is called when the cursor takes no more messages. */
  constructor(source: ReadSource, { since, last = 0 }: MessagesOptions, onEnd: () => void) {
    markRaw(this)
    this.#source = source
    this.#onEnd = onEnd
    this.#last = last
    this.#behind = since !== undefined || last > 0
    if (since !== undefined) this.#start(since)
    this.#loop = this.#run()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get handled(): Position | null {
    if (!this.#busy && this.#items.length === 0) this.#advance(this.#place)
    return this.#looping ? this.#handled : null
  }

  next(): Promise<IteratorResult<Message | MessageGap>> {
    this.#looping = true
    return this.#loop.next()
  }

  return(): Promise<IteratorResult<Message | MessageGap>> {
    this.#items = []
    this.end(null)
    this.#error = null
    return this.#loop.return(undefined)
  }

  older(count: number): Promise<Message[]> {
    const read = async (): Promise<Message[]> => {
      if (!(Number.isSafeInteger(count) && count > 0))
        throw new UsageError(
          `unable to read older messages: give their number, a whole number from 1, and not ${describe(count)}`,
        )
      await this.#begin()
      return this.#readBack(count)
    }
    const page = this.#paging.then(read, read)
    // The end of the client or room may reject it when the application does not wait for it any more.
    page.catch(() => {})
    this.#paging = page
    return page
  }

  receive(...[kind, event]: AddressEvent): void {
    if (kind === 'gap') this.#skip(event.from, event.to)
    else if (kind === 'snapshot') this.skipTo(event.position)
    else if (event.durable) this.#push(event)
  }

  skipTo(position: Position): void {
    this.#handled ??= position
    this.#skip(null, position)
  }

  #push(message: Message): void {
    if (this.#behind && this.#live.length < most) this.#live.push(message)
    else if (this.#behind || this.#items.length >= most) this.#drop(message.position)
    else {
      this.#take(message.position, message)
      this.#wake()
    }
  }

  /** The live messages go on after `to`. Those before, and after `from`, did not come. */
  #skip(from: Position | null, to: Position): void {
    if (this.#place === null && !this.#behind) {
      if (from === null) return
      this.#start(from)
    }
    if (this.#place !== null && samePosition(this.#place, to)) {
      // The cursor begins where the live messages do, so there is nothing to read.
      if (!this.#looping && this.#goal === null) this.#goLive()
      return
    }
    this.#drop(to)
    this.#wake()
  }

  /** The consumer still gets the items that wait, and then `error`. */
  end(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#live = []
    this.#aborter.abort(new ChatError('closed', 'unable to read: the cursor has ended'))
    this.#wake()
    this.#onEnd()
  }

  async *#run(): AsyncGenerator<Message | MessageGap, undefined> {
    for (;;) {
      while (this.#items.length > 0) {
        const item = this.#items.shift() as Message | MessageGap
        this.#busy = true
        yield item
        this.#busy = false
        this.#advance('to' in item ? item.to : item.position)
        this.#source.services.subscriptions.keeper?.changed()
      }
      if (this.#ended) break
      if (this.#behind) await this.#load()
      else await this.#wait()
    }
    if (this.#error !== null) throw this.#error
  }

  /** The loop has handled the items up to a position. */
  #advance(to: Position | null): void {
    const from = this.#handled
    if (to !== null && (from === null || to[0] !== from[0] || to[1] > from[1])) this.#handled = to
  }

  /** Waits for the next call of `#wake`, at most for a time. */
  #wait(delay?: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = delay === undefined ? undefined : this.#context.runtime.timer(delay, resolve)
      this.#wake = () => {
        cancel?.()
        resolve()
      }
    })
  }

  /** Reads the next page, or waits after an error that may pass. Any other error ends the cursor. */
  async #load(): Promise<void> {
    const place = this.#place
    try {
      await this.#begin()
      if (place !== null && (await this.#readOn(place))) return
    } catch (error) {
      if (!(error instanceof ChatError && error.retryable)) this.end(this.#endBy(error))
      else await this.#wait(error.retryAfter ?? retryDelay)
      return
    }
    const [epoch, at] = this.#place as Position
    const goal = this.#goal
    if (goal === null || goal[0] !== epoch || goal[1] <= at) this.#goLive()
    // The log was read where the newest messages have not arrived yet.
    else if (this.#place === place) await this.#wait(retryDelay)
  }

  /** Returns the error of the loop for an error of the log. */
  #endBy(error: unknown): unknown {
    if (!(error instanceof ChatError && error.code === 'forbidden')) return error
    const reason = "the hub's policy does not let this client 'read' there"
    return new ChatError(
      'forbidden',
      `unable to go on with the messages of ${this.#source.address}: they are in the log only, because the loop has begun with earlier messages or is slower than they come, and ${reason}`,
      { cause: error },
    )
  }

  /** Reads the messages to begin with, unless they were read. */
  async #begin(): Promise<void> {
    if (this.#last === 0) return
    this.#beginning ??= this.#readBack(this.#last)
    try {
      const found = await this.#beginning
      if (this.#beginning !== null) for (const message of found) this.#show(message)
      this.#last = 0
    } finally {
      this.#beginning = null
    }
  }

  /** Reads a page behind `place`. Returns `true` when there is more to read. */
  async #readOn(place: Position): Promise<boolean> {
    const [epoch, at, id] = place
    // The page begins with the message at the place, to find out whether the log still has it.
    const { base, top, messages, more, ...page } = await this.#read({
      after: id !== null && at > 0 ? at - 1 : at,
      limit: most,
    })
    const known = id === null || base >= at ? place : messages[0]?.position
    if (page.epoch !== epoch) return this.#gap(place, 'epoch', [page.epoch, base, null])
    if (base > at) return this.#gap(place, 'trimmed', [epoch, base, null])
    if (at > top || known === undefined || !samePosition(known, place))
      return this.#gap(place, 'diverged', [epoch, Math.min(at, top, this.#goal?.[1] ?? top), null])
    for (const message of messages)
      if (message.position[1] > at) this.#take(message.position, accept(this.#context, message))
    return more
  }

  /** Reads up to `count` messages before the oldest. */
  async #readBack(count: number): Promise<Message[]> {
    const found: Message[] = []
    let oldest = this.#oldest
    for (let more = true; more && found.length < count; ) {
      const page = await this.#read({ before: oldest?.[1], limit: count - found.length })
      const { epoch, top, messages } = page
      if (this.#place === null) {
        const newest = messages.at(-1)?.position
        this.#start(newest?.[1] === top ? newest : [epoch, top, null])
      }
      // Live messages may have come meanwhile.
      oldest ??= this.#oldest as Position
      if (oldest[0] !== epoch) break
      const [, before] = oldest
      const older = messages.filter(({ position }) => position[1] < before)
      found.unshift(...older.flatMap((message) => accept(this.#context, message) ?? []))
      oldest = older[0]?.position ?? oldest
      more = page.more
    }
    this.#oldest = oldest
    return found
  }

  #read(options: HistoryOptions): Promise<HistoryPage> {
    const { address, services } = this.#source
    return services.operations.read(address, { ...options, signal: this.#aborter.signal })
  }

  /** The log is read up to the live messages that were kept. */
  #goLive(): void {
    const live = this.#live
    this.#behind = false
    this.#goal = null
    this.#live = []
    for (const message of live) this.#take(message.position, message)
  }

  /** The live messages up to `to` are to be read from the log. */
  #drop(to: Position): void {
    this.#behind = true
    this.#goal = to
    this.#live = []
  }

  /** Begins behind a position. */
  #start(position: Position): void {
    this.#place = position
    this.#oldest ??= [position[0], position[1] + 1, null]
  }

  /** Takes the next entry of the log: its message, or `null` for an entry that the contract forbids. */
  #take(position: Position, message: Message | null): void {
    const place = this.#place
    if (place !== null && (position[0] !== place[0] || position[1] <= place[1])) return
    this.#place = position
    this.#oldest ??= position
    if (message !== null) this.#show(message)
  }

  #show(message: Message): void {
    if (rememberId(this.#ids, message.id)) this.#items.push(message)
  }

  /** The messages between `from` and `to` are lost. */
  #gap(from: Position, reason: GapReason, to: Position): true {
    this.#items.push({ event: '$gap', address: this.#source.address, reason, from, to })
    this.#place = to
    return true
  }

  get #context(): ClientContext {
    return this.#source.services.context
  }
}
