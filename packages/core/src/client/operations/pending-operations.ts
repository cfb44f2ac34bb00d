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
  /** A join, a leave or a cancel: it concerns its connection only, and is dropped. */
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
export interface Entry {
  readonly operation: Operation
  /** Number of the application's call; 0 for an urgent operation. */
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
   * First the operations to repeat, in the order of their refs, because the hub takes a low ref that comes
   * late for a repetition. Then those that the hub has not taken: they were never written, or were refused
   * for a limit.
   */
  #waiting: Entry[] = []
  readonly #open = new Map<number, Entry>()
  readonly #maxQueued: number
  #lastOrder = 0
  #lastRef = 0

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued
  }

  /** Number of operations that wait for their answer and count toward the rate. */
  get counted(): number {
    return this.#count(({ operation }) => operation.counts)
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
    return this.#waiting.find(expires)?.written ?? null
  }

  /**
   * Queues an operation. An `urgent` operation goes before all others, except for repetitions.
   *
   * @throws ChatError `full` when the queue is full. Operations that are bound to a connection are always
   * queued.
   */
  add(operation: Operation, urgent = false): void {
    const own = this.#waiting.filter(({ operation: { repeat } }) => repeat !== 'bound').length
    if (operation.repeat !== 'bound' && own >= this.#maxQueued)
      throw new ChatError(
        'full',
        `unable to queue: ${this.#maxQueued} operations wait already, as many as the option 'maxQueued' allows`,
      )
    const order = urgent ? 0 : ++this.#lastOrder
    const state = { ref: 0, written: null, latest: 0, repeated: false, settled: false, refused: null }
    this.#waiting.push({ operation, order, ...state })
    if (urgent) this.#sort()
  }

  /** Returns `true` for the ref of an operation that waits for its answer on this connection. */
  isOpen(ref: number): boolean {
    return this.#open.has(ref)
  }

  /**
   * Forgets an operation that is no longer needed; its answer will be ignored. Returns `undefined` when it was
   * settled before.
   */
  remove(operation: Operation): Entry | undefined {
    const own = (entry: Entry): boolean => entry.operation === operation && !entry.settled
    const entry = [...this.#open.values(), ...this.#waiting].find(own)
    if (entry === undefined) return
    entry.settled = true
    this.#waiting = this.#waiting.filter((other) => other !== entry)
    return entry
  }

  /**
   * Returns the next operation to write; `null` when there is none, or its window is full. The two kinds do
   * not wait for each other, so that a join need not wait for a thousand sends.
   */
  next(windows: Windows): Entry | null {
    const isFree = (kind: Kind): boolean => this.#count((entry) => kindOf(entry) === kind) < windows[kind]
    const [first] = this.#waiting
    if (first !== undefined && first.ref > 0) return isFree(kindOf(first)) ? first : null
    for (const kind of ['others', 'publishes'] as const) {
      const entry = this.#waiting.find((waiting) => kindOf(waiting) === kind)
      if (entry !== undefined && isFree(kind) && !this.#mayBeOvertaken(entry)) return entry
    }
    return null
  }

  /** Takes an operation out of its queue, and returns the frame to write. */
  write(entry: Entry, now: number): string {
    this.#waiting.splice(this.#waiting.indexOf(entry), 1)
    if (entry.ref === 0) entry.ref = ++this.#lastRef
    entry.repeated = entry.written !== null
    entry.written ??= now
    entry.latest = now
    this.#open.set(entry.ref, entry)
    return entry.operation.frame(entry.ref)
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
      entry.operation.reject(uncertain ? notStored('a repetition was refused', error) : error)
    return entry.operation
  }

  /**
   * Takes the end of the connection: operations that can be repeated go first on the next connection, in the
   * old order; calls are uncertain. Returns the number of operations that count toward the rate and will get
   * no answer.
   */
  lost(): number {
    const open = [...this.#open.values()]
    this.#open.clear()
    const rest = this.#waiting.filter(({ operation }) => operation.repeat !== 'bound')
    this.#waiting = [...open.filter(repeatable), ...rest]
    this.#sort()
    for (const { operation, settled } of open)
      if (operation.repeat === 'never' && !settled)
        operation.reject(
          new UncertainError('unable to tell the outcome: the connection was lost before the answer'),
        )
    return open.filter((entry) => entry.operation.counts && !repeatable(entry)).length
  }

  /**
   * Takes the start of a fresh session: sends of the old session cannot be repeated (P-PB-8). Returns the
   * same number as {@link PendingOperations.lost}.
   */
  startAfresh(): number {
    const again = this.#waiting.filter(({ ref }) => ref > 0)
    for (const entry of again) {
      if (entry.operation.repeat === 'same-ref') this.#giveUp(entry, 'the session could not be resumed')
      entry.ref = 0
      entry.written = null
    }
    return again.filter(({ operation }) => operation.counts).length
  }

  /** Rejects sends that were first written at `moment` or before (P-PB-3). */
  expire(moment: number): void {
    for (const entry of [...this.#open.values(), ...this.#waiting])
      if (expires(entry) && (entry.written ?? moment) <= moment) this.#giveUp(entry, 'no answer in time')
  }

  /**
   * Rejects all operations. Sends and calls that were written are uncertain; the others have not happened.
   */
  fail(error: ChatError): void {
    const entries = [...this.#open.values(), ...this.#waiting]
    this.#open.clear()
    this.#waiting = []
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
    this.#waiting.push({ ...entry, ref: 0, written: null, refused: { error, since } })
    this.#sort()
    return true
  }

  #sort(): void {
    this.#waiting.sort((a, b) => rank(a) - rank(b) || a.order - b.order)
  }

  /** Rejects refused sends that would be stored behind a later send to the same address. */
  #rejectOvertaken({ operation: { address }, order }: Entry): void {
    if (address === undefined) return
    const overtaken = this.#waiting.filter(
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

  /** Rejects a send whose outcome is not known. */
  #giveUp(entry: Entry, reason: string): void {
    this.remove(entry.operation)
    entry.operation.reject(notStored(reason))
  }

  #count(counts: (entry: Entry) => boolean): number {
    let number = 0
    for (const entry of this.#open.values()) if (counts(entry)) number++
    return number
  }

  #close(ref: number): Entry | null {
    const entry = this.#open.get(ref)
    this.#open.delete(ref)
    return entry ?? null
  }
}

const repeatable = ({ operation: { repeat }, settled }: Entry): boolean =>
  !settled && (repeat === 'same-ref' || repeat === 'harmless')

const expires = ({ operation, written, settled }: Entry): boolean =>
  operation.repeat === 'same-ref' && written !== null && !settled

/** Place among the waiting operations: repetitions go first. */
const rank = ({ ref }: Entry): number => ref || Number.MAX_SAFE_INTEGER

const notStored = (reason: string, cause?: ChatError): UncertainError =>
  new UncertainError(`unable to tell whether it was stored: ${reason}`, { cause })
