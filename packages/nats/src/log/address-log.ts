import type { Position } from '@chat/core'
import type { AppendKey, AppendResult, NewMessage } from '@chat/core/backplane'
import { unavailable } from '../connection/unavailable.ts'
import { BrokenChain } from './chain.ts'
import { KeyRings, ringName } from './key-rings.ts'
import type { LogContext } from './log-context.ts'
import {
  emptyState,
  entryBytes,
  type LogMessage,
  type LogState,
  offsetsPerMessage,
  type StoredEntry,
  stateAfter,
  toOffset,
  toSequence,
} from './log-state.ts'
import { formatMessage } from './message-format.ts'

/** An append that waits. */
interface Waiting {
  readonly message: NewMessage
  readonly key: AppendKey
  readonly expected: Position | null | undefined
  /** Number of comparisons with the log that had begun when it was called. */
  readonly called: number
  resolve(result: AppendResult): void
  reject(error: unknown): void
}

/** The log as this node knows it. */
interface Known {
  readonly sequence: number
  readonly state: LogState
}

/** A lot of appends that become one message. */
interface Lot {
  readonly waiting: Waiting[]
  readonly entries: StoredEntry[]
  bytes: number
  /** The greatest ref of each session in the lot. */
  readonly refs: Map<string, number>
}

/** Bytes of the data of one message, above which further appends wait for the next message. */
const lotBytes = 65_536
/** Number of attempts to compare with a log that changes meanwhile. */
const attempts = 5

/**
 * The appends of this node to a log. One message is on its way at a time, and the appends that wait meanwhile
 * become the next. The log takes a message only if this node knew the newest: else the node reads the messages
 * that it has missed, and decides again.
 */
export class AddressLog {
  readonly #context: LogContext
  readonly #name: string
  readonly #rings: KeyRings
  readonly #queue: Waiting[] = []
  #known: Known | null = null
  /** `false` while the log may have changed in a way that this node was not told. */
  #current = false
  #running = false
  /** Numbers of the comparisons with the log: the last that has begun, and the last that has ended. */
  #begun = 0
  #ended = 0
  #comparing: Promise<void> = Promise.resolve()
  /** The time of the last append, on the clock of the runtime. */
  used: number

  constructor(context: LogContext, name: string) {
    this.#context = context
    this.#name = name
    this.#rings = new KeyRings(() => context.keyLifetime)
    this.used = context.runtime.now()
  }

  /** `true` when no append waits. */
  get idle(): boolean {
    return !this.#running && this.#queue.length === 0
  }

  /** Appends a message, after the appends that were called before. */
  append(message: NewMessage, key: AppendKey, expected: Position | null | undefined): Promise<AppendResult> {
    this.used = this.#context.runtime.now()
    return new Promise((resolve, reject) => {
      this.#queue.push({ message, key, expected, called: this.#begun, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  /** Returns the answer to a known key; `null` for a new key. */
  async find(key: AppendKey): Promise<AppendResult | null> {
    this.used = this.#context.runtime.now()
    await this.#compare()
    return this.#rings.find(key, this.#context.clock.now())
  }

  /** Learns of a message from a hint. */
  observe(message: LogMessage): void {
    const known = this.#known
    if (known === null || message.sequence <= known.sequence) return
    if (follows(message, known)) this.#take(message)
    else this.#current = false
  }

  /** Compares with the log before the next append: the connection was lost. */
  doubt(): void {
    this.#current = false
  }

  /** Forgets all that is known: the stream was made anew. */
  forget(): void {
    this.#known = null
    this.#current = false
    this.#rings.clear()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#queue.length > 0) {
      try {
        await this.#round()
      } catch (error) {
        this.#current = false
        for (const { reject } of this.#queue.splice(0)) reject(error)
      }
    }
    this.#running = false
  }

  async #round(): Promise<void> {
    if (!this.#current) await this.#compare()
    const known = this.#known
    if (known === null) throw unavailable('append', 'the log changed meanwhile')
    const lot = this.#collect(known)
    if (lot.waiting.length > 0) await this.#send(lot, known)
    // The first that waits can only be decided with the newest state of the log.
    else if (this.#queue.length > 0) this.#current = false
  }

  async #send({ waiting, entries }: Lot, known: Known): Promise<void> {
    const { sequence: previous, state: before } = known
    try {
      const text = formatMessage({ previous, before, entries })
      const sequence = await this.#context.publish(this.#name, text, previous)
      if (sequence === null) {
        this.#current = false
        this.#queue.unshift(...waiting)
        return
      }
      this.observe({ sequence, previous, before, entries })
      for (const [index, { resolve, key }] of waiting.entries()) {
        const { id, time } = entries[index] as StoredEntry
        const at = toOffset(sequence, index)
        resolve({ outcome: 'stored', epoch: before.epoch, at, id, time, by: key.by })
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error)
      throw error
    }
  }

  /** Answers the appends whose outcome is known, and takes those that can be sent now. */
  #collect(known: Known): Lot {
    const lot: Lot = { waiting: [], entries: [], bytes: 0, refs: new Map() }
    const now = this.#context.clock.now()
    this.#rings.sweep(now)
    const time = Math.max(now, known.state.topTime)
    while (this.#queue.length > 0 && lot.entries.length < offsetsPerMessage && lot.bytes < lotBytes) {
      const waiting = this.#queue[0] as Waiting
      const decision = this.#decide(waiting, lot, known.state, now)
      if (decision === 'later') break
      this.#queue.shift()
      if (decision === 'store') addTo(lot, waiting, time)
      else waiting.resolve(decision)
    }
    return lot
  }

  /** Decides an append: its answer, `store`, or `later` when the lot before it must be stored first. */
  #decide(waiting: Waiting, lot: Lot, state: LogState, now: number): AppendResult | 'store' | 'later' {
    const { key, expected, called } = waiting
    const inLot = lot.refs.get(ringName(key)) ?? 0
    if (key.ref <= inLot) return 'later'
    const known = this.#rings.find(key, now)
    if (known !== null) return known
    const compared = this.#ended > called
    const { previousRef } = key
    if (previousRef !== undefined && Math.max(inLot, this.#rings.greatest(key, now)) < previousRef)
      return compared && lot.waiting.length === 0 ? { outcome: 'early' } : 'later'
    if (expected === undefined || (lot.waiting.length === 0 && isAt(state, expected))) return 'store'
    return compared && lot.waiting.length === 0 ? overtaken(state) : 'later'
  }

  /** Learns of all messages that were stored before this call. Comparisons run one after the other. */
  #compare(): Promise<void> {
    const compared = this.#comparing.then(() => this.#compareNow())
    this.#comparing = compared.catch(() => {})
    return compared
  }

  async #compareNow(): Promise<void> {
    const number = ++this.#begun
    for (let attempt = 1; ; attempt++) {
      if (await this.#catchUp()) break
      if (attempt === attempts) throw unavailable('read the log', 'it changed at every attempt')
    }
    this.#current = true
    this.#ended = Math.max(this.#ended, number)
  }

  /** Answers `false` when the log has changed meanwhile. */
  async #catchUp(): Promise<boolean> {
    const found = await this.#context.lastOf(this.#name)
    const known = this.#known
    if (found === null) return this.#lost(known)
    const newest = found.message
    if (known === null || known.sequence === 0) return this.#load(newest, found.stored)
    const state = stateAfter(newest)
    if (newest.sequence === known.sequence && state.topId === known.state.topId) return true
    if (newest.sequence > known.sequence) return this.#follow(newest, known)
    return this.#rolledBack(newest)
  }

  /** The log has no message: it is new, or it was forgotten, and then it begins anew. */
  #lost(known: Known | null): true {
    if (known?.sequence === 0) return true
    this.#rings.clear()
    this.#known = { sequence: 0, state: emptyState(this.#context.newEpoch()) }
    return true
  }

  /** The log has lost messages that this node knows: its readers must learn it. */
  async #rolledBack(newest: LogMessage): Promise<false> {
    await this.#context.mark(this.#name, newest, {
      ...stateAfter(newest),
      epoch: this.#context.newEpoch(),
    })
    this.forget()
    return false
  }

  async #follow(newest: LogMessage, known: Known): Promise<boolean> {
    const { chain } = this.#context
    if (follows(newest, known)) {
      this.#take(newest)
      return true
    }
    try {
      const start = await chain.next(this.#name, known.sequence + 1)
      if (start === null) return false
      const missing = await chain.between(this.#name, known.state.top, start)
      if ((missing[0] ?? start).before.top !== known.state.top) throw new BrokenChain()
      const entries = stateAfter(newest).count - known.state.count
      const range = { name: this.#name, end: newest.sequence, entries, bytes: Number.POSITIVE_INFINITY }
      for (const message of [...missing, ...(await chain.collect({ ...range, start }))]) this.#take(message)
      this.#take(newest)
      return true
    } catch (error) {
      if (!(error instanceof BrokenChain)) throw error
      // The messages are no longer kept: as on a node without knowledge of the log.
      this.forget()
      return false
    }
  }

  /** Learns the keys of the messages that are still within the lifetime of keys, and the state. */
  async #load(newest: LogMessage, stored: number): Promise<boolean> {
    const { chain, keyLifetime, clock } = this.#context
    this.forget()
    const oldest = clock.now() - keyLifetime
    try {
      let start = newest
      while (stored >= oldest && start.before.count > 0 && start.before.topTime >= oldest) {
        const { anchor, top } = start.before
        const found = await chain.at(this.#name, anchor === 0 ? toSequence(top) : anchor)
        start = found ?? (await chain.next(this.#name, 1)) ?? newest
        if (found === null) break
      }
      const entries = stateAfter(newest).count - start.before.count
      const range = { name: this.#name, end: newest.sequence, bytes: Number.POSITIVE_INFINITY }
      for (const message of await chain.collect({ ...range, start, entries })) this.#take(message)
      this.#take(newest)
      return true
    } catch (error) {
      if (!(error instanceof BrokenChain)) throw error
      if (newest.before.floor < newest.before.top) await this.#context.cut(this.#name)
      return false
    }
  }

  #take(message: LogMessage): void {
    if (this.#known !== null && message.sequence <= this.#known.sequence) return
    this.#rings.record(message)
    this.#known = { sequence: message.sequence, state: stateAfter(message) }
  }
}

const follows = (message: LogMessage, { sequence, state }: Known): boolean =>
  message.previous === sequence &&
  message.before.top === state.top &&
  message.before.topId === state.topId &&
  (sequence === 0 || message.before.epoch === state.epoch || message.entries.length === 0)

function addTo(lot: Lot, waiting: Waiting, time: number): void {
  const { message, key } = waiting
  const { user, session, ref, hash, window, by } = key
  const { event, data, meta, from, id, keep } = message
  const entry = { id, event, from, time, data, meta, user, session, ref, hash, window, by, keep }
  const bytes = entryBytes(entry)
  lot.waiting.push(waiting)
  lot.entries.push({ ...entry, bytes })
  lot.bytes += bytes
  lot.refs.set(ringName(key), ref)
}

function isAt({ epoch, top, topId }: LogState, expected: Position | null): boolean {
  if (expected === null) return top === 0
  const [ofEpoch, at, id] = expected
  return ofEpoch === epoch && at === top && id === topId
}

const overtaken = ({ epoch, top, topId, topEvent }: LogState): AppendResult => ({
  outcome: 'overtaken',
  epoch,
  at: top,
  id: topId,
  event: topEvent,
})
