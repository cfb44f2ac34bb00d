import { ChatError, UncertainError } from '../../vocabulary/errors.ts'
import { isOverLimit } from './over-limit.ts'

/** Fate of an operation when its connection is lost before the answer. */
type Repeat =
  /** A send: it is repeated, and the hub recognises the repetition. */
  | 'same-ref'
  /** A call: it may have run, so it is uncertain. */
  | 'never'
  /** A read, or an idempotent call: it is repeated, because running it twice does no harm. */
  | 'harmless'
  /** A join or a leave: it concerns its connection only, and is dropped. The next `hello` replaces it. */
  | 'bound'

/** An operation that waits to be written, or for its answer. */
export interface Operation {
  /** `true` for sends and calls, which have a window of their own (P-PB-6). */
  readonly publishes: boolean
  readonly repeat: Repeat
  /** `true` when the hub counts it toward the rate. */
  readonly counts: boolean
  /** Address of a send: sends to the same address are stored in the order of the calls (P-PB-4). */
  readonly address?: string
  /**
   * Maximum time from the first write until a further attempt after a refusal, in milliseconds. Default: no
   * maximum.
   */
  readonly patience?: number
  /** Returns the frame of the operation with its ref. */
  frame(ref: number): string
  /** Called with the result of the hub's `ok`. */
  resolve(result: unknown): void
  /** Called with the error of the hub's `err`, or of this client. */
  reject(error: Error): void
}

/** Operation with its state. */
interface Entry {
  readonly operation: Operation
  /** Number of the application's call. */
  readonly order: number
  ref: number
  /** Time of its first write; `null` before that. */
  written: number | null
  /** Time of its last write. */
  latest: number
  /**
   * `true` when it was written more than once: then an `err` does not prove that the first attempt failed
   * (P-PB-3).
   */
  repeated: boolean
  /** `true` when it is settled on this side. Until its answer comes, the hub still counts it (P-PB-6). */
  settled: boolean
  /** Last refusal for a limit, and the time of the first attempt; `null` before that. */
  refused: { readonly error: ChatError; readonly since: number } | null
}

/** Maximum numbers of unanswered operations. */
export interface Windows {
  readonly publishes: number
  readonly others: number
}

type Kind = keyof Windows

const kindOf = ({ operation }: Entry): Kind => (operation.publishes ? 'publishes' : 'others')

/**
 * Operations of a client that wait to be written, in the order of the application's calls, and those that
 * wait for their answer. Pure: takes the time as a parameter, and returns the frames to write.
 */
export class PendingOperations {
  /**
   * Operations written on an earlier connection, in the order of their refs. They go first, because the hub
   * takes a low ref that comes late for a repetition.
   */
  #again: Entry[] = []
  /**
   * Operations that the hub has not taken: they were never written, or were refused for a limit. The two
   * kinds do not wait for each other, so that a join need not wait for a thousand sends.
   */
  readonly #waiting: Record<Kind, Entry[]> = { publishes: [], others: [] }
  readonly #open = new Map<number, Entry>()
  readonly #used: Record<Kind, number> = { publishes: 0, others: 0 }
  readonly #maxQueued: number
  #counted = 0
  #lastOrder = 0
  #lastRef = 0

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued
  }

  /** Number of operations that wait for their answer. */
  get open(): number {
    return this.#open.size
  }

  /** Number of those that count toward the rate. */
  get counted(): number {
    return this.#counted
  }

  /** Time at which the oldest unanswered send was last written; `null` when there is none. */
  get oldestWrite(): number | null {
    for (const { operation, latest } of this.#open.values())
      if (operation.repeat === 'same-ref') return latest
    return null
  }

  /** Time at which the oldest unsettled send was first written; `null` when there is none. */
  get firstWrite(): number | null {
    for (const entry of this.#open.values()) if (expires(entry)) return entry.written
    return this.#again.find(expires)?.written ?? null
  }

  /**
   * Queues an operation.
   *
   * @throws ChatError `full` when the queue is full. Operations that are bound to a connection are always
   * queued.
   */
  add(operation: Operation): void {
    const { publishes, others } = this.#waiting
    if (operation.repeat !== 'bound') {
      const own = others.filter((entry) => entry.operation.repeat !== 'bound').length
      if (this.#again.length + publishes.length + own >= this.#maxQueued)
        throw new ChatError(
          'full',
          `unable to queue: ${this.#maxQueued} operations wait already, as many as the option 'maxQueued' allows`,
        )
    }
    const entry: Entry = {
      operation,
      order: ++this.#lastOrder,
      ref: 0,
      written: null,
      latest: 0,
      repeated: false,
      settled: false,
      refused: null,
    }
    this.#waiting[kindOf(entry)].push(entry)
  }

  /**
   * Forgets an operation that is no longer needed; its answer will be ignored. Returns its state until now.
   */
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

  /** Returns the next operation to write; `null` when there is none, or its window is full. */
  next(windows: Windows): Operation | null {
    return this.#queue(windows)?.[0]?.operation ?? null
  }

  /** Takes the next operation out of its queue, and returns the frame to write. */
  write(windows: Windows, now: number): { readonly ref: number; readonly frame: string } {
    const entry = this.#queue(windows)?.shift()
    if (entry === undefined) throw new Error('no operation may be written')
    if (entry.ref === 0) entry.ref = ++this.#lastRef
    entry.repeated = entry.written !== null
    entry.written ??= now
    entry.latest = now
    this.#open.set(entry.ref, entry)
    this.#used[kindOf(entry)]++
    if (entry.operation.counts) this.#counted++
    return { ref: entry.ref, frame: entry.operation.frame(entry.ref) }
  }

  /**
   * Settles an operation with its `ok`, and returns the operation; `null` when none waits for an answer to
   * this ref.
   */
  ok(ref: number, result: unknown): Operation | null {
    const entry = this.#close(ref)
    if (entry === null) return null
    if (!entry.settled) entry.operation.resolve(result)
    this.#rejectOvertaken(entry)
    return entry.operation
  }

  /**
   * Settles an operation with its `err`, and returns the operation; `null` when none waits for an answer to
   * this ref. An operation that was refused for a limit waits for a further attempt.
   */
  err(ref: number, error: ChatError, now: number): Operation | null {
    const entry = this.#close(ref)
    if (entry === null) return null
    if (this.#takeBack(entry, error, now)) return entry.operation
    const uncertain = entry.repeated && entry.operation.repeat === 'same-ref'
    if (!entry.settled)
      entry.operation.reject(
        uncertain
          ? new UncertainError('unable to tell whether it was stored: a repetition was refused', {
              cause: error,
            })
          : error,
      )
    return entry.operation
  }

  /**
   * Takes the end of the connection: operations that can be repeated go first on the next connection, in the
   * old order; calls are uncertain. Returns the number of operations that count toward the rate and will get
   * no answer.
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

  /**
   * Takes the start of a fresh session: sends of the old session cannot be repeated (P-PB-8). Returns the
   * same number as {@link PendingOperations.lost}.
   */
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

  /** Rejects sends that were first written at `moment` or before (P-PB-3). */
  expire(moment: number): void {
    const late = (entry: Entry): boolean => expires(entry) && (entry.written ?? moment) <= moment
    const expired = [...this.#open.values()].filter(late)
    for (const entry of expired) entry.settled = true
    expired.push(...this.#again.filter(late))
    this.#again = this.#again.filter((entry) => !late(entry))
    for (const { operation } of expired)
      operation.reject(new UncertainError('unable to tell whether it was stored: no answer in time'))
  }

  /**
   * Rejects all operations. Sends and calls that were written are uncertain; the others have not happened.
   */
  fail(error: ChatError): void {
    const { publishes, others } = this.#waiting
    const entries = [...this.#open.values(), ...this.#again, ...publishes, ...others]
    this.#clearOpen()
    this.#again = []
    this.#waiting.publishes = []
    this.#waiting.others = []
    for (const { operation, written, settled } of entries) {
      if (settled) continue
      const uncertain = written !== null && (operation.repeat === 'same-ref' || operation.repeat === 'never')
      operation.reject(
        uncertain
          ? new UncertainError(`unable to tell the outcome: ${error.message}`, { cause: error })
          : error,
      )
    }
  }

  /**
   * Puts an operation that was refused for a limit back into its queue: a refused first attempt has not
   * happened, so a further attempt has a ref of its own. Returns `false` when the refusal is final.
   */
  #takeBack(entry: Entry, error: ChatError, now: number): boolean {
    const { operation, repeated, settled } = entry
    if (settled || repeated || !isOverLimit(error)) return false
    const since = entry.refused?.since ?? entry.written ?? now
    if (now + (error.retryAfter ?? 0) > since + (operation.patience ?? Number.POSITIVE_INFINITY)) return false
    const queue = this.#waiting[kindOf(entry)]
    const index = queue.findIndex(({ order }) => order > entry.order)
    const refused = { error, since }
    queue.splice(index < 0 ? queue.length : index, 0, { ...entry, ref: 0, written: null, refused })
    return true
  }

  /** Rejects refused sends that would be stored behind a later send to the same address. */
  #rejectOvertaken({ operation: { address }, order }: Entry): void {
    if (address === undefined) return
    const overtaken = this.#waiting.publishes.filter(
      (entry) => entry.refused !== null && entry.operation.address === address && entry.order < order,
    )
    for (const { operation, refused } of overtaken) {
      this.remove(operation)
      if (refused !== null) operation.reject(refused.error)
    }
  }

  /**
   * Returns `true` for a refused send that waits for the answers to later sends to its address, because they
   * may have been stored before it.
   */
  #mayBeOvertaken({ operation: { address }, order, refused }: Entry): boolean {
    if (refused === null || address === undefined) return false
    for (const open of this.#open.values())
      if (open.operation.address === address && open.order > order) return true
    return false
  }

  /** Returns the queue whose first operation may be written now. */
  #queue(windows: Windows): Entry[] | null {
    const free = (kind: Kind): boolean => this.#used[kind] < windows[kind]
    const [repetition] = this.#again
    if (repetition !== undefined) return free(kindOf(repetition)) ? this.#again : null
    const { publishes, others } = this.#waiting
    if (others.length > 0 && free('others')) return others
    const [first] = publishes
    return first !== undefined && free('publishes') && !this.#mayBeOvertaken(first) ? publishes : null
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
