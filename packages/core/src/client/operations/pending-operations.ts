import { ChatError, UncertainError } from '../../vocabulary/errors.ts'

/** What an operation does when its connection is lost before the answer. */
type Repeat =
  /** A send: the hub recognises the repetition. */
  | 'same-ref'
  /** A call: it may have run; nobody knows. */
  | 'never'
  /** It does no harm to run it twice. */
  | 'harmless'
  /** A join, a leave: it means something on its connection only. The next `hello` says it anew. */
  | 'bound'

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
  /** Whether it is settled on this side. Until its answer comes, the hub still counts it (P-PB-6). */
  settled: boolean
}

/** How many operations may be open at a time. */
export interface Windows {
  readonly publishes: number
  readonly others: number
}

type Kind = keyof Windows

const kindOf = ({ operation }: Entry): Kind => (operation.publishes ? 'publishes' : 'others')

/**
 * The operations of a client: those that wait to be written, in the order of the calls, and those that wait for their answer. Pure: it is
 * told the time, and gives the frames to write.
 *
 * @internal
 */
export class PendingOperations {
  /** Written on a connection that is gone, in the order of their refs. They go first: a ref that comes late is a repetition to the hub. */
  #again: Entry[] = []
  /** Never written. The kinds do not wait for each other: a join must not stand behind a thousand sends. */
  readonly #waiting: Record<Kind, Entry[]> = { publishes: [], others: [] }
  readonly #open = new Map<number, Entry>()
  readonly #used: Record<Kind, number> = { publishes: 0, others: 0 }
  readonly #capacity: number
  #counted = 0
  #lastRef = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many wait for their answer. */
  get open(): number {
    return this.#open.size
  }

  /** How many of those count toward the rate. */
  get counted(): number {
    return this.#counted
  }

  /** When the oldest unanswered send was last written; `null` when there is none. */
  get oldestWrite(): number | null {
    for (const { operation, latest } of this.#open.values())
      if (operation.repeat === 'same-ref') return latest
    return null
  }

  /** When the oldest send that nothing has settled was first written; `null` when there is none. */
  get firstWrite(): number | null {
    for (const entry of this.#open.values()) if (expires(entry)) return entry.written
    return this.#again.find(expires)?.written ?? null
  }

  /** @throws ChatError `full` when as many wait as may. What belongs to a connection always finds a place. */
  add(operation: Operation): void {
    const { publishes, others } = this.#waiting
    if (operation.repeat !== 'bound') {
      const own = others.filter((entry) => entry.operation.repeat !== 'bound').length
      if (this.#again.length + publishes.length + own >= this.#capacity)
        throw new ChatError('full', `unable to queue: ${this.#capacity} operations wait already`)
    }
    const entry = { operation, ref: 0, written: null, latest: 0, repeated: false, settled: false }
    this.#waiting[kindOf(entry)].push(entry)
  }

  /** Forgets an operation that is not wanted any more; its answer will be ignored. */
  remove(operation: Operation): 'waiting' | 'written' | 'settled' {
    for (const entry of this.#open.values())
      if (entry.operation === operation && !entry.settled) {
        entry.settled = true
        return 'written'
      }
    for (const queue of [this.#again, this.#waiting.publishes, this.#waiting.others]) {
      const index = queue.findIndex((entry) => entry.operation === operation)
      if (index >= 0) {
        queue.splice(index, 1)
        return queue === this.#again ? 'written' : 'waiting'
      }
    }
    return 'settled'
  }

  /** The next operation that may be written; `null` when there is none or its window is full. */
  next(windows: Windows): Operation | null {
    return this.#queue(windows)?.[0]?.operation ?? null
  }

  /** Takes the operation that is next out of its queue and gives the frame to write. */
  write(windows: Windows, now: number): { readonly ref: number; readonly frame: string } {
    const entry = this.#queue(windows)?.shift()
    if (entry === undefined) throw new Error('nothing may be written')
    if (entry.ref === 0) entry.ref = ++this.#lastRef
    entry.repeated = entry.written !== null
    entry.written ??= now
    entry.latest = now
    this.#open.set(entry.ref, entry)
    this.#used[kindOf(entry)]++
    if (entry.operation.counts) this.#counted++
    return { ref: entry.ref, frame: entry.operation.frame(entry.ref) }
  }

  /** Settles an operation with its `ok`; gives it, or `null` when no answer to this ref was waited for. */
  ok(ref: number, result: unknown): Operation | null {
    const entry = this.#close(ref)
    if (entry === null) return null
    if (!entry.settled) entry.operation.resolve(result)
    return entry.operation
  }

  /** Settles an operation with its `err`; gives it, or `null` when no answer to this ref was waited for. */
  err(ref: number, error: ChatError): Operation | null {
    const entry = this.#close(ref)
    if (entry === null) return null
    const unsure = entry.repeated && entry.operation.repeat === 'same-ref'
    if (!entry.settled)
      entry.operation.reject(
        unsure
          ? new UncertainError('unable to tell whether it was stored: a repetition was refused', {
              cause: error,
            })
          : error,
      )
    return entry.operation
  }

  /**
   * The connection is gone: what can be repeated goes first on the next, in the old order; calls are uncertain. Gives how many that count toward the
   * rate will have no answer any more.
   */
  lost(): number {
    const open = [...this.#open.values()]
    const counted = this.#counted
    this.#clearOpen()
    this.#waiting.others = this.#waiting.others.filter(({ operation }) => operation.repeat !== 'bound')
    const again = open.filter(repeatable)
    this.#again = [...again, ...this.#again].sort((a, b) => a.ref - b.ref)
    for (const { operation, settled } of open)
      if (operation.repeat === 'never' && !settled)
        operation.reject(
          new UncertainError('unable to tell the outcome: the connection was lost before the answer'),
        )
    return counted - again.filter(({ operation }) => operation.counts).length
  }

  /** The session is a new one: what was sent in the old one cannot be repeated (P-PB-8). Gives the same as {@link PendingOperations.lost}. */
  startAfresh(): number {
    const again = this.#again.reverse()
    this.#again = []
    for (const entry of again)
      if (entry.operation.repeat === 'same-ref')
        entry.operation.reject(
          new UncertainError('unable to tell whether it was stored: the session could not be resumed'),
        )
      else this.#waiting[kindOf(entry)].unshift({ ...entry, ref: 0, written: null, repeated: false })
    return again.filter(({ operation }) => operation.counts).length
  }

  /** Gives up sends that were first written at a moment or before (P-PB-3). */
  expire(moment: number): void {
    const late = (entry: Entry): boolean => expires(entry) && (entry.written ?? moment) <= moment
    const expired = [...this.#open.values()].filter(late)
    for (const entry of expired) entry.settled = true
    expired.push(...this.#again.filter(late))
    this.#again = this.#again.filter((entry) => !late(entry))
    for (const { operation } of expired)
      operation.reject(new UncertainError('unable to tell whether it was stored: no answer in time'))
  }

  /** Rejects everything: what was written may have happened, the rest has not. */
  fail(error: ChatError): void {
    const { publishes, others } = this.#waiting
    const entries = [...this.#open.values(), ...this.#again, ...publishes, ...others]
    this.#clearOpen()
    this.#again = []
    this.#waiting.publishes = []
    this.#waiting.others = []
    for (const { operation, written, settled } of entries) {
      if (settled) continue
      const unsure = written !== null && (operation.repeat === 'same-ref' || operation.repeat === 'never')
      operation.reject(
        unsure ? new UncertainError(`unable to tell the outcome: ${error.message}`, { cause: error }) : error,
      )
    }
  }

  /** The queue whose head may be written now. */
  #queue(windows: Windows): Entry[] | null {
    const free = (kind: Kind): boolean => this.#used[kind] < windows[kind]
    const [repetition] = this.#again
    if (repetition !== undefined) return free(kindOf(repetition)) ? this.#again : null
    const { publishes, others } = this.#waiting
    if (others.length > 0 && free('others')) return others
    return publishes.length > 0 && free('publishes') ? publishes : null
  }

  #close(ref: number): Entry | null {
    const entry = this.#open.get(ref)
    if (entry === undefined) return null
    this.#open.delete(ref)
    this.#used[kindOf(entry)]--
    if (entry.operation.counts) this.#counted--
    return entry
  }

  #clearOpen(): void {
    this.#open.clear()
    this.#used.publishes = 0
    this.#used.others = 0
    this.#counted = 0
  }
}

const repeatable = ({ operation: { repeat }, settled }: Entry): boolean =>
  !settled && (repeat === 'same-ref' || repeat === 'harmless')

const expires = ({ operation, settled }: Entry): boolean => operation.repeat === 'same-ref' && !settled
