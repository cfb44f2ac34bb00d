import { encodeFrame } from '../../protocol/encode.ts'
import { checkStart, type MsgFrame, type StartAnswer } from '../../protocol/hub-frames.ts'
import { Alarm } from '../../runtime/alarm.ts'
import { ChatError, UncertainError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import type { GapReason, Position } from '../../vocabulary/position.ts'
import type { ClientContext } from '../context.ts'
import { accept } from '../operations/accept.ts'
import type { OperationWriter } from '../operations/operation-writer.ts'
import type { Operations } from '../operations/operations.ts'
import { isTemporary } from '../operations/over-limit.ts'
import { toMessage } from '../operations/to-message.ts'
import type { PositionKeeper } from '../position-storage.ts'
import type { Gap } from '../types.ts'
import { rememberId } from './delivered-ids.ts'
import type { AddressEvent, PresenceWatcher, Receiver } from './receiver.ts'
import { Receivers } from './receivers.ts'
import type { OpenRestore, Restore, RestoredSubscription } from './restore.ts'

/** Registry that a {@link Subscription} belongs to. */
export interface SubscriptionRegistry {
  readonly context: ClientContext
  readonly writer: OperationWriter
  readonly operations: Operations
  readonly keeper: PositionKeeper | null
  /** Holds messages back until the turn after this turn, in which the application adds its listeners. */
  holdTurn(): void
  /** Takes the messages that were held back. */
  releaseTurn(): void
  /** Removes a subscription and ends it. */
  remove(subscription: Subscription): void
}

/** Beginning of a {@link Subscription}. */
export interface SubscriptionStart {
  /** Position to continue from; `null` for none. */
  readonly position: Position | null
  /** Ids that an earlier subscription to the same address has delivered. */
  readonly delivered: Set<string> | undefined
  /** Restores the address when there is no position to continue from. */
  readonly open: OpenRestore | undefined
}

/** Wait before a join or a state that the hub could not accept for now, in milliseconds. */
const retryDelay = 1_000

/**
 * Subscription of a client to one address: joins it on each connection, keeps the position in its log, and delivers
 * its messages.
 */
export class Subscription implements RestoredSubscription {
  readonly address: string
  readonly context: ClientContext
  readonly operations: Operations
  readonly receivers: Receivers = new Receivers()
  readonly watchers: Set<PresenceWatcher> = new Set()
  /** Position of the last message; `null` before the first start. */
  position: Position | null
  /** Ids of the messages that were delivered last. */
  readonly delivered: Set<string>
  /** `true` when the hub has accepted the subscription on the current connection. */
  joined = false
  /** `true` when the hub has the presence state of this client in this session. */
  stateSent = false
  /** `true` while messages are delivered: from a start of the hub until a hole or the end of the connection. */
  attached = false
  /** `true` after the last receiver has left, or the hub has ended the subscription. */
  ended = false
  /** Offset of the newest message when the hub accepted the subscription. */
  top = 0
  readonly #registry: SubscriptionRegistry
  readonly #open: OpenRestore | undefined
  /** Restore that is under way. Meanwhile no message is delivered. */
  #restore: Restore | null = null
  /** Position of the last `join` or `hello` on the current connection. */
  #requested: Position | null = null
  /**
   * `true` while a `join` is under way, or waits to be repeated: its answer makes a second one unnecessary.
   */
  #joining = false
  /** Presence state of this client; `undefined` for none. */
  #state: unknown
  /** Repeats the `join`, and the `state`, on this connection. */
  readonly #joinAlarm: Alarm
  readonly #stateAlarm: Alarm

  constructor(
    address: string,
    registry: SubscriptionRegistry,
    { position, delivered = new Set(), open }: SubscriptionStart,
  ) {
    this.address = address
    this.context = registry.context
    this.operations = registry.operations
    this.position = position
    this.delivered = delivered
    this.#registry = registry
    this.#open = open
    this.#joinAlarm = new Alarm(this.context.runtime)
    this.#stateAlarm = new Alarm(this.context.runtime)
  }

  /** `true` for `*` and the user's inbox, which the hub delivers without a `join`. */
  get automatic(): boolean {
    return !/^[#^]/.test(this.address)
  }

  /**
   * Position up to which messages were handed to the application: before those that wait.
   */
  get place(): Position | null {
    const { from } = this.receivers
    return from === undefined ? this.position : from
  }

  /** Position to continue from; `null` for none. */
  get since(): Position | null {
    return this.#restore === null ? this.position : this.#restore.position
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
    if (!this.receivers.get(receiver)?.length) return
    this.context.runtime.defer(() => {
      this.receivers.release(receiver)
      this.#registry.keeper?.changed()
      this.#readOn()
    })
  }

  /** Adds a receiver, unless it was added before. */
  addReceiver(receiver: Receiver): void {
    if (!this.receivers.has(receiver)) {
      // The streams that the receivers before have heard of wait for it.
      this.receivers.set(receiver, this.context.streams?.underWay(this) ?? [])
    }
    this.#readOn()
  }

  /** Returns `false` for a receiver that was not added, or was removed before. */
  removeReceiver(receiver: Receiver): boolean {
    const removed = this.receivers.delete(receiver)
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
        if (this.ended) return
        this.#joining = false
        this.stateSent = this.#state === state
        this.started(start, answer)
      },
      reject: (error) => {
        if (!(error instanceof ChatError) || error instanceof UncertainError || this.ended) return
        this.#joining = false
        this.refused(error)
      },
    })
  }

  rejoin(): void {
    if (this.joined) this.join()
  }

  continueAfter(position: Position): void {
    this.#restore = null
    this.position = position
    this.rejoin()
  }

  /** The hub has accepted the subscription. `answer` is the answer to a `join`; `null` after a `hello`. */
  started(start: StartAnswer, answer: unknown): void {
    const first = !this.joined
    this.joined = true
    this.top = start.top
    // The messages that were held back have come before this answer.
    if (!first) this.#registry.releaseTurn()
    else if (!this.address.startsWith('^')) this.#registry.holdTurn()
    this.#sendState()
    if (first || answer !== null) for (const watcher of this.watchers) watcher.entered(answer)
    this.#continue(start)
    if (first) for (const receiver of [...this.receivers.keys()]) receiver.joined()
  }

  /**
   * The hub refuses the subscription. It stays wanted when the refusal is for a limit that is used up, or is
   * temporary and the subscription was accepted earlier. Any other refusal ends it.
   */
  refused(error: ChatError): void {
    const known = this.position !== null || this.#restore !== null || !this.address.startsWith('#')
    if (!isTemporary(error.code) && !(known && error.retryable)) return this.#drop(error)
    this.#joining = true
    this.#joinAlarm.set(error.retryAfter ?? retryDelay, () => {
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
    this.stateSent = false
    this.#sendState()
  }

  /** Takes a message of the log, in the order of P-ST-7. */
  message(frame: MsgFrame): void {
    const from = this.position
    if (!this.attached || from === null) return
    const [epoch, last] = from
    const [, , at, , , , id, , prev] = frame
    if (at <= last) return
    // The message stays in the log.
    if (this.#full) return this.#detach()
    if ((prev ?? at - 1) !== last) {
      // A message before this one is missing.
      this.#detach()
      return this.join()
    }
    this.position = [epoch, at, id]
    if (rememberId(this.delivered, id)) this.deliver(toMessage(frame, epoch), from)
  }

  deliver(message: Message, from: Position | null): void {
    const accepted = accept(this.context, message)
    if (accepted !== null) this.tell(['message', accepted], from)
  }

  /** Takes a gap of the log, which continues after `to`. */
  gap(reason: GapReason, to: Position): void {
    if (!this.attached) return
    if (this.#full) return this.#detach()
    this.#startAt(to, { address: this.address, reason, from: this.position, to })
  }

  /** The connection has ended; the position is kept. */
  suspend(): void {
    this.#joinAlarm.clear()
    this.#stateAlarm.clear()
    this.joined = false
    this.#joining = false
    this.#requested = null
    this.#detach()
  }

  /** Ends the subscription, after its last receiver has left or the hub has ended it. */
  end(): void {
    this.ended = true
    this.suspend()
    this.#restore?.end()
    this.#restore = null
  }

  /** Shows an event to the option `observe`, and hands it to the receivers. `from` is the position before it. */
  tell(event: AddressEvent, from: Position | null): void {
    this.context.observe(...(event as ['message', Message]))
    this.receivers.hand(event, from)
  }

  /** Ends the subscription, and tells its receivers. */
  #drop(error: ChatError): void {
    this.#registry.remove(this)
    for (const receiver of [...this.receivers.keys()]) receiver.left(error, this.address)
  }

  /** Continues where the hub says. */
  #continue({ mode, reason = 'absent', epoch, at, id }: StartAnswer): void {
    const from = this.since
    // The hub was asked for another position: the restore has found one while the hub's answer was under way,
    // or no more messages could wait.
    if (this.#requested !== from) return this.#full ? undefined : this.join()
    const to: Position = [epoch, at, id]
    const gap: Gap | null =
      mode === 'gap' && from !== null ? { address: this.address, reason, from, to } : null
    const restore = this.#restore
    if (restore === null) this.#startAt(to, gap)
    else if (gap !== null) restore.refused(gap)
    else if (from !== null) {
      this.#restore = null
      this.#attach(to)
      // The application begins anew: messages that it got earlier are delivered again.
      this.delivered.clear()
      restore.accepted(to)
    }
  }

  /** Continues after a position, or starts a restore: at first, and after a gap. */
  #startAt(to: Position, gap: Gap | null): void {
    const lost = gap !== null || this.position === null
    const restore = (lost && this.#open?.(this, gap, to)) || null
    this.#restore = restore
    if (restore === null) this.#attach(to)
    else this.#detach()
    if (gap !== null) this.tell(['gap', gap], gap.from)
    restore?.start()
  }

  #attach(position: Position): void {
    this.attached = true
    this.position = position
  }

  #detach(): void {
    this.attached = false
  }

  #sendState(): void {
    const state = this.#state
    if (state === undefined || this.stateSent || !this.joined) return
    this.stateSent = true
    this.#registry.writer.add({
      repeat: 'harmless',
      frame: (ref) => encodeFrame('state', ref, this.address, state),
      reject: (error) => {
        if (!(error instanceof ChatError && error.retryable))
          return this.context.reportError(error, this.address)
        if (this.ended || this.#state !== state) return
        this.stateSent = false
        this.#stateAlarm.set(error.retryAfter ?? retryDelay, () => this.#sendState())
      },
    })
  }

  /** `true` while no more messages can wait: they stay in the log, and the position where it is. */
  get #full(): boolean {
    return this.#restore === null && this.receivers.full
  }

  /** Continues to read a log that was left because no more messages could wait. */
  #readOn(): void {
    if (this.joined && !this.attached && this.#restore === null && !this.#full) this.join()
  }
}
