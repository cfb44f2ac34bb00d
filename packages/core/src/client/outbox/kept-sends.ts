import { encodeFrame } from '../../protocol/encode.ts'
import { Alarm } from '../../runtime/alarm.ts'
import { abortion, createAborter, onAbort } from '../../runtime/signal.ts'
import { wallTime } from '../../runtime/wall-time.ts'
import { ChatError, UncertainError } from '../../vocabulary/errors.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import type { Operation } from '../operation.ts'
import type { OutboxItem, OutboxState, OutboxStorage } from '../outbox-types.ts'
import type { RoomServices } from '../subscriptions/room.ts'
import { findSent } from './find-sent.ts'
import { createKept, elementsOf, itemOf, type KeptSend, uncertain } from './kept-send.ts'
import { SavedSends } from './saved-sends.ts'

/** Bounds of an outbox. */
export interface Bounds {
  readonly max: number
  readonly maxBytes: number
  readonly maxAge: number
}

/** Options of {@link KeptSends}. */
interface KeptSendsOptions extends Bounds {
  readonly user: string | null
  /** Name of this list in the storage: that of the page, `/` and a number. */
  readonly page: string
  /** Called after each change of the items. */
  readonly changed: () => void
}

/** Time between two looks for messages of pages that were closed, in milliseconds. */
const interval = 60_000

/** Number of messages that have a ref and are not written: a page that dies leaves them uncertain. */
const mostReady = 8

/**
 * Sends of one user that are kept until they are stored. A message is saved with its id before it is written, so a
 * later page never takes a message that may have been written for one that was not.
 */
export class KeptSends {
  readonly #services: RoomServices
  readonly #sends: SavedSends
  readonly #bounds: Bounds
  readonly #page: string
  readonly #changed: () => void
  readonly #alarm: Alarm
  #lastKey = 0
  /** Places of the messages of earlier pages among the operations: before all operations of this page. */
  #lastOrder = Number.MIN_SAFE_INTEGER
  /** `false` until the messages of earlier pages are known. */
  #loaded = false
  /** `true` once the client has ended, or its user has changed. */
  #stopped = false

  constructor(
    services: RoomServices,
    storage: OutboxStorage,
    { user, page, changed, ...bounds }: KeptSendsOptions,
  ) {
    this.#services = services
    const saved = (): void => {
      this.#release()
      services.writer.pump()
    }
    this.#sends = new SavedSends({ context: services.context, storage, user, page, changed, saved })
    this.#bounds = bounds
    this.#page = page
    this.#changed = changed
    this.#alarm = new Alarm(services.context.runtime)
  }

  get user(): string | null {
    return this.#sends.user
  }

  items(): OutboxItem[] {
    return this.#sends.list.map(itemOf)
  }

  add(operation: Operation): void {
    if (this.#sends.failed) return this.#services.writer.add(operation)
    const { body = '' } = operation
    this.#checkRoom(body)
    const page = this.#page
    const key = `${page}.${++this.#lastKey}`
    const entry = { key, page, time: wallTime(this.#services.context.runtime), body, id: null, since: null }
    const kept = createKept(entry, false)
    this.#sends.append(kept)
    this.#queue(kept, operation)
    this.#show(kept)
    this.#sends.save()
  }

  welcomed(user: string): void {
    if (this.#sends.failed) return
    this.#sends.user = user
    this.#sends.save()
    void this.#look()
    this.#askAgain()
    this.#alarm.set(interval, () => {
      this.#askAgain()
      this.#watch()
    })
  }

  stop(): void {
    this.#stopped = true
    this.#alarm.clear()
    this.#release()
  }

  /** Gives up the name of the page, once a client that has ended has saved its messages. */
  #release(): void {
    if (this.#stopped && !this.#sends.saving && this.#services.connector.status === 'closed')
      this.#sends.close()
  }

  retry(key: string): void {
    const kept = this.#sends.find(key)
    if (kept?.state === 'refused') this.#sendAgain(kept)
    else if (kept?.state === 'uncertain') void this.#ask(kept, () => this.#sendAgain(kept))
  }

  discard(key: string): void {
    const kept = this.#sends.find(key)
    if (kept === undefined) return
    this.#drop(kept)
    kept.aborter?.abort(new ChatError('cancelled', 'unable to send: the message was discarded'))
  }

  /** Looks for messages of closed pages now and then. */
  #watch(): void {
    if (this.#sends.failed) return
    void this.#look()
    this.#alarm.set(interval, () => this.#watch())
  }

  /** @throws ChatError `full` when the outbox has no room for another message. */
  #checkRoom(body: string): void {
    const { max, maxBytes } = this.#bounds
    const bytes = this.#sends.list.reduce((sum, { entry }) => sum + utf8Length(entry.body), utf8Length(body))
    const [name, value] = this.#sends.list.length >= max ? ['max', max] : ['maxBytes', maxBytes]
    if (this.#sends.list.length >= max || bytes > maxBytes)
      throw new ChatError(
        'full',
        `unable to send: the outbox has no room, as its option '${name}' is ${value}; wait until messages are stored, or discard some`,
      )
  }

  /** Hands a message to the client's operations. */
  #queue(kept: KeptSend, operation: Operation): void {
    const aborter = createAborter()
    kept.aborter = aborter
    const undo = onAbort(operation.signal, (reason) => aborter.abort(reason))
    try {
      this.#services.writer.add({
        ...operation,
        signal: aborter.signal,
        claim: () => this.#claim(kept),
        frame: (ref) => {
          Object.assign(kept, { ref: 0, held: false })
          this.#set(kept, 'written')
          return operation.frame(ref)
        },
        resolve: (answer) => {
          undo()
          this.#drop(kept)
          operation.resolve?.(answer)
        },
        reject: (error) => {
          undo()
          const untold = operation.reject === undefined
          this.#rejected(kept, error, { untold, givenUp: abortion(operation.signal) !== null })
          operation.reject?.(error)
        },
      })
    } catch (error) {
      undo()
      this.#drop(kept)
      throw error
    }
  }

  /** Returns the ref of a message when it is saved, and no earlier message to its address has yet to be written. */
  #claim(kept: KeptSend): number | undefined {
    if (this.#sends.failed) return undefined
    kept.held = true
    if (!this.#loaded || this.#isBehind(kept)) return 0
    const { connector, context, subscriptions, writer } = this.#services
    if (kept.ref === 0 || kept.connection !== connector.live) {
      if (this.#sends.list.filter(({ ref }) => ref > 0).length >= mostReady) return 0
      kept.ref = writer.nextRef()
      kept.connection = connector.live
      kept.ready = false
      const since = subscriptions.positions[kept.address] ?? null
      kept.entry = { ...kept.entry, id: `${context.session}.${kept.ref}`, since }
      this.#sends.save()
    }
    return kept.ready ? kept.ref : 0
  }

  /** Gives up the ref of a message that is not written yet. */
  #unclaim(kept: KeptSend): void {
    kept.ref = 0
    kept.entry = { ...kept.entry, id: null, since: null }
    kept.item = null
  }

  #isBehind(kept: KeptSend): boolean {
    const address = kept.address
    const before = this.#sends.list.slice(0, this.#sends.list.indexOf(kept))
    return before.some((other) => other.held && other.address === address)
  }

  /** The send was rejected. The promise of a send of this page tells its application. */
  #rejected(
    kept: KeptSend,
    error: unknown,
    { untold, givenUp }: { readonly untold: boolean; readonly givenUp: boolean },
  ): void {
    kept.aborter = null
    kept.held = false
    if (this.#stopped || !this.#sends.list.includes(kept)) return
    if (error instanceof UncertainError && !givenUp) this.#set(kept, 'uncertain', error)
    else if (untold && error instanceof ChatError) {
      this.#set(kept, 'refused', error)
      this.#sends.save()
    } else this.#drop(kept)
  }

  #drop(kept: KeptSend): void {
    this.#sends.remove([kept])
    this.#sends.save()
    this.#changed()
  }

  #set(kept: KeptSend, state: OutboxState, error: ChatError | null = null): void {
    kept.state = state
    kept.error = error
    this.#show(kept)
  }

  #show(kept: KeptSend): void {
    kept.item = null
    this.#changed()
  }

  /** Takes the messages of closed pages, and drops those that are too old. */
  async #look(): Promise<void> {
    const page = this.#page
    const pages = new Set<string>()
    try {
      await this.#sends.update((stored) => {
        for (const entry of stored) if (entry.page !== page) pages.add(entry.page)
        return stored
      })
      // The others wait until there is room for them.
      for (const other of pages)
        if (this.#sends.list.length < this.#bounds.max && (await this.#sends.isClosed(other)))
          await this.#take(other)
    } catch (error) {
      await this.#sends.fail(error)
    }
    this.#loaded = true
    this.#services.writer.pump()
  }

  async #take(closed: string): Promise<void> {
    const page = this.#page
    if (this.#stopped || this.#sends.failing) return
    const oldest = wallTime(this.#services.context.runtime) - this.#bounds.maxAge
    let taken: KeptSend[] = []
    let old = 0
    await this.#sends.saveWith((stored) => {
      const all = stored.filter((entry) => entry.page === closed)
      const young = all.filter(({ time }) => time >= oldest).map((entry) => ({ ...entry, page }))
      taken = young.map((entry) => createKept(entry, true))
      old = all.length - taken.length
      // Messages of this page go behind them, also by their refs.
      for (const kept of this.#sends.list) if (kept.ref > 0) this.#unclaim(kept)
      this.#sends.insert(taken)
      return [...stored.filter((entry) => entry.page !== closed), ...young]
    })
    // A later list of the page, or another page, takes them.
    if (this.#stopped || this.#sends.failing) {
      this.#sends.remove(taken)
      return
    }
    if (old > 0)
      this.#sends.report(
        'timeout',
        `unable to send ${old} messages: they waited longer than the option 'maxAge'`,
      )
    // Another page may have taken some of them meanwhile.
    for (const kept of taken) if (this.#sends.list.includes(kept)) this.#resume(kept)
    this.#changed()
  }

  /** Sends a message of an earlier page, or asks the log for it when that page may have written it. */
  #resume(kept: KeptSend): void {
    if (kept.entry.id === null) this.#send(kept, this.#lastOrder++)
    else void this.#ask(kept)
  }

  #send(kept: KeptSend, order?: number): void {
    const { body } = kept.entry
    const send: Operation = {
      repeat: 'same-ref',
      publishes: true,
      address: kept.address,
      frame: (ref) => `["send",${ref},${body}`,
    }
    this.#queue(kept, order === undefined ? send : { ...send, order })
  }

  #askAgain(): void {
    for (const kept of this.#sends.list) if (kept.state === 'uncertain') void this.#ask(kept)
  }

  /** Asks the log for a message that was written; `missing` is called when the log does not have it. */
  async #ask(kept: KeptSend, missing?: () => void): Promise<void> {
    const { entry } = kept
    let error: unknown
    try {
      if (await findSent(this.#services, entry)) this.#drop(kept)
    } catch (cause) {
      error = cause
    }
    // It was sent again meanwhile.
    if (kept.entry !== entry) return
    kept.held = false
    if (!this.#stopped && this.#sends.list.includes(kept)) {
      if (missing !== undefined && error === undefined) missing()
      else
        this.#set(
          kept,
          'uncertain',
          uncertain('the log does not have the message, and may still get it', error),
        )
    }
    this.#services.writer.pump()
  }

  /** Sends a message again, behind all others. */
  #sendAgain(kept: KeptSend): void {
    const { entry, state } = kept
    const [address, event, data, meta] = elementsOf(entry)
    const again =
      state === 'uncertain' ? { ...meta, again: meta?.['again'] ?? entry.id } : (meta ?? undefined)
    const body = encodeFrame(address, event, data, again).slice(1)
    kept.entry = { ...entry, id: null, since: null, body }
    this.#sends.append(kept)
    this.#set(kept, 'waiting')
    this.#send(kept)
    this.#sends.save()
  }
}
