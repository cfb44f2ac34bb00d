import { encodeFrame } from '../../protocol/encode.ts'
import { checkStart, type MsgFrame, type StartAnswer } from '../../protocol/hub-frames.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { ChatError, UncertainError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import type { GapReason, Position } from '../../vocabulary/position.ts'
import type { ClientContext } from '../context.ts'
import type { OperationWriter } from '../operations/operation-writer.ts'
import type { Operations } from '../operations/operations.ts'
import { isTemporary } from '../operations/over-limit.ts'
import { toMessage } from '../operations/to-message.ts'
import type { Snapshot, SnapshotEvent, SnapshotHook } from '../snapshot.ts'
import type { Gap } from '../types.ts'
import { deliver } from './deliver.ts'
import type { LogPosition } from './log-position.ts'
import { readNewest } from './read-newest.ts'
import type { PresenceWatcher, Receiver } from './receiver.ts'
import { SnapshotRestore } from './snapshot-restore.ts'
import { WaitingEvents } from './waiting-events.ts'

/** Registry that a {@link Subscription} belongs to. */
export interface SubscriptionRegistry {
  readonly context: ClientContext
  readonly writer: OperationWriter
  readonly operations: Operations
  /** Holds messages back until the turn after this turn, in which the application adds its listeners. */
  holdTurn(): void
  /** Takes the messages that were held back. */
  releaseTurn(): void
  /** Removes a subscription and ends it. */
  remove(subscription: Subscription): void
}

/** Parts of a {@link Subscription}, from the options of its first receiver. */
export interface SubscriptionParts {
  readonly log: LogPosition
  readonly hook: SnapshotHook | undefined
  /** Number of the newest messages with which to begin. */
  readonly last?: number | undefined
}

/** Wait before a join or a state that the hub could not accept for now, in milliseconds. */
const retryDelay = 1_000

/**
 * Subscription of a client to one address: joins it on each connection, follows its log, and delivers its
 * messages.
 */
export class Subscription {
  readonly address: string
  readonly log: LogPosition
  readonly receivers: Set<Receiver> = new Set()
  readonly watchers: Set<PresenceWatcher> = new Set()
  readonly #registry: SubscriptionRegistry
  readonly #hook: SnapshotHook | undefined
  /** Number of the newest messages with which to begin; 0 for none. */
  readonly #last: number
  readonly #waiting: WaitingEvents = new WaitingEvents(this.receivers)
  /**
   * Restore from a snapshot: while the hook is called, and until the hub continues from its answer. Meanwhile
   * no message is delivered.
   */
  #restore: SnapshotRestore | null = null
  /** Position of the last `join` or `hello` on the current connection. */
  #requested: Position | null = null
  #joined = false
  /**
   * `true` while a `join` is under way, or waits to be repeated: its answer makes a second one unnecessary.
   */
  #joining = false
  #ended = false
  /** Presence state of this client; `undefined` for none. */
  #state: unknown
  /** `true` when the hub has the state in this session. */
  #stateSent = false
  /** Offset of the newest message when the hub accepted the subscription. */
  #top = 0
  readonly #retries = new Set<Undo>()

  constructor(address: string, registry: SubscriptionRegistry, { log, hook, last = 0 }: SubscriptionParts) {
    this.address = address
    this.log = log
    this.#registry = registry
    this.#hook = hook
    this.#last = last
  }

  /** `true` when the hub has accepted the subscription on the current connection. */
  get joined(): boolean {
    return this.#joined
  }

  /** `true` for `*` and the user's inbox, which the hub delivers without a `join`. */
  get automatic(): boolean {
    return !/^[#^]/.test(this.address)
  }

  /** `true` while messages are to come that were there when the hub accepted the subscription. */
  get behind(): boolean {
    return this.log.attached && (this.log.position?.[1] ?? 0) < this.#top
  }

  /**
   * Position up to which messages were handed to the application, to a listener or to the option `observe`:
   * before those that wait.
   */
  get place(): Position | null {
    const from = this.#registry.context.observed ? undefined : this.#waiting.from
    return from === undefined ? this.log.position : from
  }

  /** Position to continue from; `null` for none. */
  get since(): Position | null {
    return this.#restore === null ? this.log.position : (this.#restore.offer?.position ?? null)
  }

  /**
   * Returns the position to continue from, for a `join` or a `hello`, and remembers that the hub was asked
   * for it. It is `null` while no more messages can wait, because the replay would be dropped.
   */
  request(): Position | null {
    this.#requested = this.#full ? null : this.since
    return this.#requested
  }

  /**
   * The application listens to a receiver: hands over the messages that wait for it, in a turn of their own, and
   * then those that wait in the log.
   */
  listen(receiver: Receiver): void {
    if (!this.#waiting.has(receiver)) return
    this.#registry.context.runtime.defer(() => {
      this.#waiting.release(receiver)
      this.#readOn()
    })
  }

  addReceiver(receiver: Receiver): void {
    this.receivers.add(receiver)
    this.#readOn()
  }

  /** Returns `false` for a receiver that was not added, or was removed before. */
  removeReceiver(receiver: Receiver): boolean {
    const removed = this.receivers.delete(receiver)
    this.#waiting.forget(receiver)
    if (this.receivers.size > 0) this.#readOn()
    return removed
  }

  /** Writes a `join`, unless one is under way. */
  join(): void {
    if (this.#joining) return
    this.#joining = true
    const since = this.request() ?? undefined
    const state = this.#state
    const options = since === undefined && state === undefined ? undefined : { since, state }
    this.#registry.writer.add({
      repeat: 'bound',
      frame: (ref) => encodeFrame('join', ref, this.address, options),
      resolve: (answer) => {
        const start = checkStart(answer)
        // The room was left while the answer was under way.
        if (this.#ended) return
        this.#joining = false
        this.#stateSent = this.#state === state
        this.started(start, answer)
      },
      reject: (error) => {
        if (!(error instanceof ChatError) || error instanceof UncertainError || this.#ended) return
        this.#joining = false
        this.refused(error)
      },
    })
  }

  /** The hub has accepted the subscription. `answer` is the answer to a `join`; `null` after a `hello`. */
  started(start: StartAnswer, answer: unknown): void {
    const first = !this.#joined
    this.#joined = true
    this.#top = start.top
    // The messages that were held back have come before this answer.
    if (!first) this.#registry.releaseTurn()
    else if (!this.address.startsWith('^')) this.#registry.holdTurn()
    if (this.#state !== undefined && !this.#stateSent) this.setState(this.#state)
    if (first || answer !== null) for (const watcher of this.watchers) watcher.entered(answer)
    this.#continue(start)
    if (first) for (const receiver of [...this.receivers]) receiver.joined()
  }

  /**
   * The hub refuses the subscription. It stays wanted when the refusal is for a limit that is used up, or is
   * temporary and the subscription was accepted earlier. Any other refusal ends it.
   */
  refused(error: ChatError): void {
    const known = this.log.position !== null || this.#restore !== null || !this.address.startsWith('#')
    if (!isTemporary(error.code) && !(known && error.retryable)) return this.#drop(error)
    this.#joining = true
    this.#retry(error, () => {
      this.#joining = false
      this.join()
    })
  }

  /** The hub has removed this client from the address. */
  left(error: ChatError): void {
    // A `join` under way would subscribe this client again, although the application does not want it any
    // more.
    if (this.#joining) this.leave()
    this.#drop(error)
  }

  /** Writes a `leave`. */
  leave(): void {
    this.#registry.writer.add({
      repeat: 'bound',
      free: true,
      frame: (ref) => encodeFrame('leave', ref, this.address),
    })
  }

  /** Changes the presence state of this client, now and in later sessions. */
  setState(state: unknown): void {
    this.#state = state
    this.#stateSent = this.#joined
    if (!this.#joined) return
    this.#registry.writer.add({
      repeat: 'harmless',
      frame: (ref) => encodeFrame('state', ref, this.address, state),
      reject: (error) => this.#stateRefused(error, state),
    })
  }

  /** Takes a message of the log. */
  message(frame: MsgFrame): void {
    // The message stays in the log.
    if (this.#full) return this.log.detach()
    const from = this.log.position
    const step = this.log.takeMessage(frame)
    if (step === 'hole') this.join()
    if (step !== 'deliver' || from === null) return
    deliver(this.#registry.context, toMessage(frame, from[0]), (message) =>
      this.#waiting.hand('message', message, from),
    )
  }

  /** Takes a gap of the log, which continues after `to`. */
  gap(reason: GapReason, to: Position): void {
    if (!this.log.attached) return
    if (this.#full) return this.log.detach()
    const gap: Gap = { address: this.address, reason, from: this.log.position, to }
    if (this.#hook !== undefined) return this.#startRestore(this.#hook, gap, to)
    this.log.skip(to)
    this.#tellGap(gap)
  }

  /** The session is fresh: the hub has no state of the session before. */
  forgetState(): void {
    this.#stateSent = false
  }

  /** The connection has ended; the position is kept. */
  suspend(): void {
    for (const cancel of this.#retries) cancel()
    this.#retries.clear()
    this.#joined = false
    this.#joining = false
    this.#requested = null
    this.log.detach()
  }

  /** Ends the subscription, after its last receiver has left or the hub has ended it. */
  end(): void {
    this.#ended = true
    this.suspend()
    this.#restore?.end()
    this.#restore = null
    for (const watcher of [...this.watchers]) watcher.ended()
  }

  /** Ends the subscription, and tells its receivers. */
  #drop(error: ChatError): void {
    this.#registry.remove(this)
    for (const receiver of [...this.receivers]) receiver.left(error, this.address)
  }

  /** Continues where the hub says, or starts a restore. */
  #continue(start: StartAnswer): void {
    const from = this.since
    const { mode, reason = 'absent' } = start
    const to: Position = [start.epoch, start.at, start.id]
    // The hub was asked for another position: the snapshot hook has answered while the hub's answer was under way,
    // or no more messages could wait.
    if (this.#requested !== from) return this.#full ? undefined : this.join()
    const gap: Gap | null =
      mode === 'gap' && from !== null ? { address: this.address, reason, from, to } : null
    if (this.#restore !== null) {
      if (gap !== null) this.#restore.refused(gap)
      else if (this.#restore.offer !== null) this.#restored(this.#restore.offer, to)
    } else if (this.#hook !== undefined && (gap !== null || from === null))
      this.#startRestore(this.#hook, gap, to)
    else if (this.#last > 0 && from === null)
      this.#startRestore((request) => readNewest(this.#registry, request, this.#last), null, to)
    else {
      this.log.attach(to)
      if (gap !== null) this.#tellGap(gap)
    }
  }

  /**
   * Delivers no message until the hook has answered. `next` is the position to continue from when the hook
   * has no state.
   */
  #startRestore(hook: SnapshotHook, gap: Gap | null, next: Position): void {
    this.log.detach()
    const restore = new SnapshotRestore(this.address, hook, {
      context: this.#registry.context,
      end: next,
    })
    this.#restore = restore
    if (gap !== null) this.#tellGap(gap)
    restore.start(gap, (offer) => {
      if (offer === null) {
        this.log.skip(next)
        this.#restore = null
      }
      if (this.#joined) this.join()
    })
  }

  #restored(offer: Snapshot, position: Position): void {
    this.#restore = null
    this.log.restart(position)
    if (this.#hook === undefined) return this.#deliverHistory(offer.state as readonly Message[], position)
    const snapshot: SnapshotEvent = { address: this.address, ...offer }
    this.#registry.context.observe('snapshot', snapshot)
    this.#waiting.hand('snapshot', snapshot, position)
  }

  /** Delivers the newest messages, with which the application begins. Those behind `position` follow from the hub. */
  #deliverHistory(messages: readonly Message[], [epoch, at]: Position): void {
    for (const message of messages)
      if (message.position[0] === epoch && message.position[1] <= at)
        deliver(this.#registry.context, { ...message, history: true as const }, (accepted) =>
          this.#waiting.hand('message', accepted, null),
        )
  }

  #stateRefused(error: unknown, state: unknown): void {
    if (!(error instanceof ChatError && error.retryable))
      return this.#registry.context.reportError(error, this.address)
    if (this.#ended || this.#state !== state) return
    this.#stateSent = false
    this.#retry(error, () => {
      if (this.#state === state && !this.#stateSent) this.setState(state)
    })
  }

  #tellGap(gap: Gap): void {
    this.#registry.context.observe('gap', gap)
    this.#waiting.hand('gap', gap, gap.from)
  }

  /** `true` while no more messages can wait: they stay in the log, and the position where it is. */
  get #full(): boolean {
    return this.#restore === null && !this.#registry.context.observed && this.#waiting.full
  }

  /** Continues to read a log that was left because no more messages could wait. */
  #readOn(): void {
    if (this.#joined && !this.log.attached && this.#restore === null && !this.#full) this.join()
  }

  /** Repeats an operation on this connection, when the hub may be able to accept it. */
  #retry(error: ChatError, again: () => void): void {
    const cancel = this.#registry.context.runtime.timer(error.retryAfter ?? retryDelay, () => {
      this.#retries.delete(cancel)
      again()
    })
    this.#retries.add(cancel)
  }
}
