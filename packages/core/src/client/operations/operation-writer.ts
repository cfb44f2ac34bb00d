import { encodeFrame } from '../../protocol/encode.ts'
import type { WelcomeLimits } from '../../protocol/hub-frames.ts'
import { frameBytes, heldCasts, otherInflight, publishHorizon } from '../../protocol/limits.ts'
import type { ClientRuntime } from '../../runtime/client-runtime.ts'
import { abortion, onAbort } from '../../runtime/signal.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import { exceedsBytes, utf8Length } from '../../vocabulary/text.ts'
import type { ClientConnection } from '../connection/client-connection.ts'
import type { Connector } from '../connection/connector.ts'
import type { Operation } from '../operation.ts'
import { isOverLimit } from './over-limit.ts'
import { Pace } from './pace.ts'
import {
  compare,
  isCounted,
  isRepeatable,
  mayOvertake,
  outcome,
  type QueuedOperation,
  settled,
  toQueued,
  uncertain,
} from './queued-operation.ts'

/** Size of a frame's type and a ref of 16 digits, with the punctuation around them, in bytes. */
const headBytes = 26

/**
 * Operations of a client that wait to be written, or for their answers. Writes them as far as windows, rate
 * and transport allow, and settles them with their answers.
 */
export class OperationWriter {
  readonly #runtime: ClientRuntime
  readonly #connector: Connector
  readonly #maxQueued: number
  /**
   * First the operations that were repeated, or are to be, in the order of their refs, because the hub takes a
   * low ref that comes late for a repetition. Then the others, in the order of the application's calls.
   */
  #entries: QueuedOperation[] = []
  /** Frames of the casts with a key that wait, by address and key; the oldest first. */
  readonly #casts = new Map<string, string>()
  #lastOrder = 0
  #lastRef = 0
  /** Until the first `welcome` nothing is written. */
  #limits: Pick<WelcomeLimits, 'frame' | 'inflight'> = { frame: frameBytes, inflight: 0 }
  readonly #pace: Pace

  /** `maxQueued` is the maximum number of operations that wait to be written. */
  constructor(runtime: ClientRuntime, connector: Connector, maxQueued: number) {
    this.#runtime = runtime
    this.#connector = connector
    this.#maxQueued = maxQueued
    this.#pace = new Pace(runtime, () => this.pump())
  }

  /** Time at which the oldest unanswered send was last written; infinite when there is none. */
  get oldestSend(): number {
    const sends = this.#entries.filter(({ open, address }) => open && address !== undefined)
    return Math.min(...sends.map(({ latest }) => latest))
  }

  /** Maximum size of a frame, in bytes. */
  get frameBytes(): number {
    return this.#limits.frame
  }

  /** Takes the limits of a `welcome`. */
  start(limits: WelcomeLimits, resumed: boolean): void {
    this.#limits = limits
    this.#pace.start(limits)
    if (!resumed) this.#startAfresh()
  }

  /**
   * Queues an operation, and writes it as soon as possible. A send takes the place of the casts to its address
   * that wait for a connection: receivers would get them after the message that was sent later.
   *
   * @throws ChatError `full` when too many operations wait. Operations that are bound to a connection are
   * always queued.
   */
  add(operation: Operation): void {
    // An operation whose signal has aborted already is not queued at all.
    const early = abortion(operation.signal)
    if (early !== null) return operation.reject?.(early.reason)
    const waiting = this.#entries.filter(({ open, repeat }) => !open && repeat !== 'bound').length
    // Messages of earlier pages have a place of their own, and the bounds of their outbox.
    const bounded = operation.repeat !== 'bound' && operation.order === undefined
    if (bounded && waiting >= this.#maxQueued)
      throw new ChatError(
        'full',
        `unable to queue: ${this.#maxQueued} operations wait already, as many as the option 'maxQueued' allows`,
      )
    const entry = toQueued(operation, ++this.#lastOrder)
    this.#entries.push(entry)
    this.#sort()
    entry.undos.push(onAbort(operation.signal, (reason) => this.#abort(entry, reason)))
    this.#limit(entry, operation.timeout)
    if (this.#connection === null) this.#dropCasts(`${operation.address}\n`)
    this.pump()
  }

  /**
   * Writes the frame of a cast, or drops it. A frame with a `key` waits until it can be written, and replaces
   * an older frame with that key.
   */
  cast(frame: string, key: string | null): void {
    if (key !== null) {
      this.#hold(key, frame)
      this.#writeCasts()
    } else if (this.#mayWrite(false)) this.#writeCast(frame)
  }

  /**
   * @throws ChatError `too_large` when a frame with these elements, as JSON, would be larger than the hub
   * accepts.
   */
  checkSize(json: string): void {
    if (exceedsBytes(json, this.#limits.frame - headBytes)) throw this.#tooLarge()
  }

  /** Returns a ref above all refs before it, for the next frame. */
  nextRef(): number {
    return ++this.#lastRef
  }

  /** Returns `true` when the hub accepts a frame of this size. */
  fits(frame: string): boolean {
    return !exceedsBytes(frame, this.#limits.frame)
  }

  /** Settles an operation with its `ok`; `false` when no operation waits for this answer. */
  ok(ref: number, result: unknown): boolean {
    this.#pace.accepted()
    return this.#answered(ref, (entry) => {
      this.#settle(entry)
      entry.resolve(result)
      this.#rejectOvertaken(entry)
    })
  }

  /**
   * Settles an operation with its `err`; `false` when no operation waits for this answer. An operation that
   * was refused for a limit waits for a further attempt.
   */
  err(ref: number, error: ChatError): boolean {
    if (isOverLimit(error)) this.#pace.yield(error)
    return this.#answered(ref, (entry) => {
      if (!this.#takeBack(entry, error)) this.#refuse(entry, error)
    })
  }

  /** Writes what may be written. */
  pump(): void {
    if (this.#connection === null) return
    for (;;) {
      const entry = this.#next()
      if (entry === undefined || !this.#mayWrite(entry.free)) break
      this.#write(entry)
    }
    this.#writeCasts()
  }

  /**
   * The connection has ended: operations that can be repeated go first on the next connection, in the old
   * order; calls are uncertain.
   */
  lost(): void {
    this.#pace.stop()
    const entries = this.#entries
    const stays = (entry: QueuedOperation): boolean =>
      entry.open ? isRepeatable(entry) : entry.repeat !== 'bound'
    // The hub may have counted the operations whose answers are lost. It counts a repetition once.
    this.#pace.charge(entries.filter((entry) => isCounted(entry) && !isRepeatable(entry)).length)
    this.#entries = entries.filter(stays)
    for (const entry of this.#entries) entry.open = false
    this.#sort()
    for (const entry of entries)
      if (entry.open && entry.repeat === 'never')
        this.#reject(entry, uncertain('the connection was lost before the answer'))
  }

  /**
   * Rejects all operations, and drops the waiting casts. Sends and calls that were written are uncertain; the
   * others have not happened.
   */
  fail(error: ChatError): void {
    this.#pace.stop()
    this.#casts.clear()
    const entries = this.#entries
    this.#entries = []
    for (const entry of entries) this.#reject(entry, outcome(entry, error))
  }

  /** Connection for the next frame; `null` while no frame can be written. */
  get #connection(): ClientConnection | null {
    const connection = this.#connector.writable
    return connection === null || connection.blocked ? null : connection
  }

  /** A fresh session: sends of the old session cannot be repeated (P-PB-8). */
  #startAfresh(): void {
    const again = this.#entries.filter(({ ref }) => ref > 0)
    this.#pace.charge(again.filter(({ free }) => !free).length)
    for (const entry of again) {
      entry.ref = 0
      if (entry.repeat === 'same-ref') this.#reject(entry, uncertain('the session could not be resumed'))
    }
  }

  /** Ends an operation without an answer when its time is up. */
  #limit(entry: QueuedOperation, time: number | undefined): void {
    if (time !== undefined) entry.undos.push(this.#runtime.timer(time, () => this.#giveUp(entry)))
  }

  #giveUp(entry: QueuedOperation): void {
    const error = new ChatError('timeout', 'unable to wait any longer: the time for an answer is up')
    this.#reject(entry, outcome(entry, error, 'no answer in time'))
  }

  /** Cancels a call at the hub, if it was written on this connection (P-CN-3). */
  #abort(entry: QueuedOperation, reason: unknown): void {
    const { open, publishes, ref, repeat } = entry
    const isSend = repeat === 'same-ref'
    if (open && publishes && !isSend) this.#cancel(ref)
    this.#reject(entry, isSend && ref > 0 ? uncertain('aborted', reason) : reason)
  }

  /** Writes a cancel before all waiting operations, since it waits for none of them (P-CN-1). */
  #cancel(target: number): void {
    const frame = (ref: number): string => encodeFrame('cancel', ref, target)
    this.#entries.push(toQueued({ repeat: 'bound', free: true, frame }, 0))
    this.#sort()
    this.pump()
  }

  /**
   * Returns the next operation to write; `undefined` when there is none, or its window is full. Sends and calls
   * do not wait for the others, nor those for them, so that a join need not wait for a thousand sends.
   */
  #next(): QueuedOperation | undefined {
    const waiting = this.#entries.filter(({ open }) => !open)
    const [first] = waiting
    const candidates =
      first !== undefined && first.ref > 0
        ? [first]
        : [
            waiting.find(({ publishes }) => !publishes),
            waiting.find((entry) => entry.publishes && entry.claim?.() !== 0),
          ]
    return candidates.find((entry) => entry !== undefined && this.#hasRoom(entry))
  }

  /** Returns `true` when the window of an operation has room, and no other operation must be answered first. */
  #hasRoom(entry: QueuedOperation): boolean {
    const window = entry.publishes ? this.#limits.inflight : otherInflight
    const open = this.#entries.filter((other) => other.open && other.publishes === entry.publishes)
    return open.length < window && !open.some((other) => mayOvertake(other, entry))
  }

  /** Returns `true` when a frame may be written. A frame that is not `free` waits for the rate. */
  #mayWrite(free: boolean | undefined): boolean {
    if (this.#connection === null) return false
    if (free) return true
    return this.#pace.allows(this.#entries.filter(isCounted).length + 1)
  }

  #write(entry: QueuedOperation): void {
    const now = this.#runtime.now()
    const isSend = entry.repeat === 'same-ref'
    if (isSend && entry.first > now) this.#limit(entry, publishHorizon)
    entry.first = Math.min(entry.first, now)
    // After a sleep, the timer of the horizon is late.
    if (isSend && now - entry.first >= publishHorizon) return this.#giveUp(entry)
    entry.latest = now
    entry.repeated = entry.ref > 0
    entry.ref ||= entry.claim?.() ?? this.nextRef()
    // Before its frame: the application, which is told the id, may write more operations.
    entry.open = true
    const frame = entry.frame(entry.ref)
    if (this.fits(frame)) return this.#connection?.write(frame)
    // The operation was queued before the hub had named its limits.
    entry.open = false
    this.#refuse(entry, this.#tooLarge())
  }

  /** Writes the waiting casts, as far as the rate of operations leaves room for them. */
  #writeCasts(): void {
    for (const [key, frame] of this.#casts) {
      if (!this.#mayWrite(false)) return
      this.#casts.delete(key)
      this.#writeCast(frame)
    }
  }

  /** Drops the waiting casts whose keys start with a prefix. */
  #dropCasts(prefix: string): void {
    for (const key of this.#casts.keys()) if (key.startsWith(prefix)) this.#casts.delete(key)
  }

  /** Keeps the newest frame of each key, as many and as large as the bounds allow. */
  #hold(key: string, frame: string): void {
    this.#casts.delete(key)
    this.#casts.set(key, frame)
    let { count, bytes } = heldCasts
    for (const [held, kept] of [...this.#casts].reverse()) {
      count--
      bytes -= utf8Length(kept)
      if (count < 0 || bytes < 0) this.#casts.delete(held)
    }
  }

  #writeCast(frame: string): void {
    // The cast may have been queued before the hub had named its limits.
    if (!this.fits(frame)) return
    this.#pace.charge(1)
    this.#connection?.write(frame)
  }

  /**
   * Takes an answer. The operation is charged with it: the hub charges it between the write and the answer, and
   * a token that is reserved at the write and taken at the answer keeps this bucket at most as full as the
   * hub's, however slow the connection is.
   */
  #answered(ref: number, settle: (entry: QueuedOperation) => void): boolean {
    const entry = this.#entries.find((other) => other.open && other.ref === ref)
    if (entry === undefined) return false
    entry.open = false
    if (!entry.free) this.#pace.charge(1)
    settle(entry)
    this.pump()
    return true
  }

  /**
   * Lets an operation that was refused for a limit wait again: a refused first attempt has not happened, so a
   * further attempt has a ref of its own. Returns `false` when the refusal is final.
   */
  #takeBack(entry: QueuedOperation, error: ChatError): boolean {
    if (entry.repeat === 'settled' || entry.repeated || !isOverLimit(error)) return false
    const again = this.#runtime.now() + (error.retryAfter ?? 0)
    if (again > entry.first + (entry.timeout ?? publishHorizon)) return false
    entry.ref = 0
    entry.refusal = error
    return true
  }

  /** Rejects refused sends that would be stored behind a later send to the same address. */
  #rejectOvertaken(later: QueuedOperation): void {
    for (const entry of this.#entries.filter((other) => !other.open && mayOvertake(later, other)))
      if (entry.refusal !== null) this.#reject(entry, entry.refusal)
  }

  #refuse(entry: QueuedOperation, error: ChatError): void {
    const unknown = entry.repeated && entry.repeat === 'same-ref'
    this.#reject(entry, unknown ? uncertain('a repetition was refused', error) : error)
  }

  #reject(entry: QueuedOperation, error: unknown): void {
    const { reject } = entry
    this.#settle(entry)
    reject(error)
  }

  /** Forgets an operation, or waits only for its answer. */
  #settle(entry: QueuedOperation): void {
    for (const undo of entry.undos.splice(0)) undo()
    if (entry.open) Object.assign(entry, settled)
    else this.#entries = this.#entries.filter((other) => other !== entry)
  }

  #sort(): void {
    this.#entries.sort(compare)
  }

  #tooLarge(): ChatError {
    return new ChatError('too_large', `unable to send: a frame may have ${this.#limits.frame} bytes`)
  }
}
