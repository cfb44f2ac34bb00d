import { ChatError, UncertainError } from '../errors.ts'

/** What an operation does when its connection is lost before the answer. */
export type Repeat =
  /** A send: the hub recognises the repetition. */
  | 'same-ref'
  /** A call: it may have run; nobody knows. */
  | 'never'
  /** It does no harm to run it twice. */
  | 'harmless'

/** An operation that waits to be written, or for its answer. */
export interface Operation {
  /** Whether it shares the window of sends and calls, or that of the others (P-PB-6). */
  readonly publishes: boolean
  readonly repeat: Repeat
  /** Whether it counts toward the rate. */
  readonly counts: boolean
  /** The frame, once it has a ref. */
  frame(ref: number): string
  resolve(result: unknown): void
  reject(error: Error): void
}

/** An operation with its book-keeping. */
interface Entry {
  readonly operation: Operation
  ref: number
  /** When it was first written; `null` while it never was. */
  written: number | null
  /** When it was last written. */
  latest: number
  /** Whether it was written more than once: then an `err` proves nothing about the first time (P-PB-3). */
  repeated: boolean
}

/** How many operations may be open at a time. */
export interface Windows {
  readonly publishes: number
  readonly others: number
}

/**
 * The operations of a client: those that wait to be written, in the order of the calls, and those that wait for their answer. Pure: it is
 * told the time, and writes through a function.
 *
 * @internal
 */
export class Ledger {
  #waiting: Entry[] = []
  readonly #open = new Map<number, Entry>()
  readonly #windows = { publishes: 0, others: 0 }
  readonly #capacity: number
  #lastRef = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get open(): number {
    return this.#open.size
  }

  /** When the oldest unanswered send was last written; `null` when there is none. */
  get oldestWrite(): number | null {
    for (const { operation, latest } of this.#open.values())
      if (operation.repeat === 'same-ref') return latest
    return null
  }

  /** @throws ChatError `full` when as many wait as may. */
  add(operation: Operation): void {
    if (this.#waiting.length >= this.#capacity)
      throw new ChatError('full', `unable to queue: ${this.#capacity} operations wait already`)
    this.#waiting.push({ operation, ref: 0, written: null, latest: 0, repeated: false })
  }

  /** Forgets an operation that is not wanted any more; its answer will be ignored. */
  remove(operation: Operation): 'waiting' | 'written' | 'settled' {
    const index = this.#waiting.findIndex((entry) => entry.operation === operation)
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1)
    if (waiting !== undefined) return waiting.written === null ? 'waiting' : 'written'
    for (const [ref, entry] of this.#open)
      if (entry.operation === operation) {
        this.#close(ref, entry)
        return 'written'
      }
    return 'settled'
  }

  /** The next operation that may be written; `null` when there is none or its window is full. */
  next(windows: Windows): Operation | null {
    const [entry] = this.#waiting
    if (entry === undefined) return null
    const kind = entry.operation.publishes ? 'publishes' : 'others'
    return this.#windows[kind] < windows[kind] ? entry.operation : null
  }

  /** Takes the next operation out of the queue and gives the frame to write. */
  write(now: number): string {
    const entry = this.#waiting.shift()
    if (entry === undefined) throw new Error('nothing waits')
    if (entry.ref === 0) entry.ref = ++this.#lastRef
    entry.repeated = entry.written !== null
    entry.written ??= now
    entry.latest = now
    this.#open.set(entry.ref, entry)
    this.#windows[entry.operation.publishes ? 'publishes' : 'others']++
    return entry.operation.frame(entry.ref)
  }

  /** Settles an operation with its `ok`; `false` when nobody waits for it. */
  ok(ref: number, result: unknown): boolean {
    const entry = this.#open.get(ref)
    if (entry === undefined) return false
    this.#close(ref, entry)
    entry.operation.resolve(result)
    return true
  }

  /** Settles an operation with its `err`; `false` when nobody waits for it. */
  err(ref: number, error: ChatError): boolean {
    const entry = this.#open.get(ref)
    if (entry === undefined) return false
    this.#close(ref, entry)
    const { operation, repeated } = entry
    const unsure = repeated && operation.repeat === 'same-ref'
    operation.reject(
      unsure
        ? new UncertainError('unable to tell whether it was stored: a repetition was refused', {
            cause: error,
          })
        : error,
    )
    return true
  }

  /** The connection is gone: what can be repeated waits again, in the old order and first; calls are uncertain. */
  lost(): void {
    const open = [...this.#open]
    this.#open.clear()
    this.#windows.publishes = 0
    this.#windows.others = 0
    const again: Entry[] = []
    for (const [, entry] of open)
      if (entry.operation.repeat !== 'never') again.push(entry)
      else
        entry.operation.reject(
          new UncertainError('unable to tell the outcome: the connection was lost before the answer'),
        )
    again.sort((a, b) => a.ref - b.ref)
    this.#waiting = [...again, ...this.#waiting]
  }

  /** The session is a new one: what was sent in the old one cannot be repeated (P-PB-8). */
  startAfresh(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const entry of waiting) {
      if (entry.written !== null && entry.operation.repeat === 'same-ref') {
        entry.operation.reject(
          new UncertainError('unable to tell whether it was stored: the session could not be resumed'),
        )
        continue
      }
      entry.ref = 0
      entry.written = null
      this.#waiting.push(entry)
    }
  }

  /** Gives up sends that were first written before a moment (P-PB-3). */
  expire(before: number): void {
    const late = ({ operation, written }: Entry): boolean =>
      operation.repeat === 'same-ref' && written !== null && written < before
    const expired = this.#waiting.filter(late)
    this.#waiting = this.#waiting.filter((entry) => !late(entry))
    for (const [ref, entry] of this.#open)
      if (late(entry)) {
        this.#close(ref, entry)
        expired.push(entry)
      }
    for (const { operation } of expired)
      operation.reject(new UncertainError('unable to tell whether it was stored: no answer in time'))
  }

  /** Rejects everything: what was written may have happened, the rest has not. */
  fail(error: ChatError): void {
    const entries = [...this.#open.values(), ...this.#waiting]
    this.#open.clear()
    this.#waiting = []
    this.#windows.publishes = 0
    this.#windows.others = 0
    for (const { operation, written } of entries) {
      const unsure = written !== null && operation.repeat !== 'harmless'
      operation.reject(
        unsure ? new UncertainError(`unable to tell the outcome: ${error.message}`, { cause: error }) : error,
      )
    }
  }

  #close(ref: number, entry: Entry): void {
    this.#open.delete(ref)
    this.#windows[entry.operation.publishes ? 'publishes' : 'others']--
  }
}
