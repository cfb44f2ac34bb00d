import type { HubCastFrame, MsgFrame, StreamAnswer } from '../../protocol/hub-frames.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { addressKind, address as addressOf, everyone } from '../../vocabulary/address.ts'
import { ChatError, type ErrorCode, UsageError } from '../../vocabulary/errors.ts'
import { type GapReason, type LogStart, type Position, toPosition } from '../../vocabulary/position.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import type { JoinOptions } from '../options.ts'
import type { Gap, Message } from '../types.ts'
import { LogPosition } from './log-position.ts'
import type { Snapshot, SnapshotEvent, SnapshotHook } from './snapshot.ts'
import { SnapshotRestore } from './snapshot-restore.ts'
import { type PresenceWatcher, type Receiver, Subscription } from './subscription.ts'

/** What the streams need of their client. */
export interface StreamsHost {
  /** Writes a `join`, and calls back with its answer; not at all when the connection is lost before. */
  join(subscription: Subscription, answer: (result: Joined | ChatError) => void): void
  /** Writes a `state`, and calls back when the hub has not taken it. */
  state(address: string, state: unknown, failed: (error: unknown) => void): void
  /** Writes a `leave`. */
  leave(address: string): void
  /** The message with what the contract makes of its data; `null` when it does not fit and nobody gets it. */
  accept(message: Message): Message | null
  /** Messages were lost. */
  missed(gap: Gap): void
  /** A stream goes on from the application's own state. */
  restored(snapshot: SnapshotEvent): void
  fault(error: unknown, subject: string): void
  /** Calls back after a while. */
  later(delay: number, callback: () => void): Undo
  random(): number
}

/** The answer to a `join`: where the reader stands, and all that it says. */
export interface Joined {
  readonly attachment: LogStart
  readonly answer: unknown
}

/** Who gets what comes without asking, and what gives them the state of it. */
export interface OwnStreams {
  readonly receiver: Receiver
  readonly hook: SnapshotHook | undefined
}

/** How long to wait before a stream is asked for again that the hub could not give. */
const retryDelay = 1_000
/** Of how many streams that were left the delivered ids are kept. */
const formerStreams = 16

/**
 * Everything a client receives: `*`, its own inbox, and its rooms, each with its place. Survives connections.
 *
 * @internal
 */
export class Subscriptions {
  readonly #host: StreamsHost
  readonly #own: Receiver
  readonly #ownHook: SnapshotHook | undefined
  readonly #subscriptions = new Map<string, Subscription>()
  /** Places of a time before this client that nothing has asked for yet. */
  readonly #saved = new Map<string, Position>()
  /** The ids that were delivered last of the streams that were left last: a hub that is behind may say them again to one who comes back (P-ST-7). */
  readonly #former = new Map<string, Set<string>>()
  /** What the `hello` on its way asks for. */
  #requested: ReadonlyMap<string, Subscription> = new Map()
  readonly #retries = new Set<Undo>()

  constructor(host: StreamsHost, own: OwnStreams, positions: Readonly<Record<string, Position>>) {
    this.#host = host
    this.#own = own.receiver
    this.#ownHook = own.hook
    // They were stored somewhere: what is no place any more is none.
    for (const [address, position] of Object.entries(positions))
      if (addressKind(address) !== null && toPosition(position) !== null) this.#saved.set(address, position)
    this.#subscribe(everyone, this.#own, own.hook)
  }

  /** The places of everything this client receives. */
  get positions(): Record<string, Position> {
    const positions = new Map(this.#saved)
    for (const [address, { inbox }] of this.#subscriptions)
      if (inbox.position !== null) positions.set(address, inbox.position)
    return Object.fromEntries(positions)
  }

  /**
   * Adds a receiver to a room, and joins the room when it is the first.
   *
   * @throws UsageError when there is a receiver already that had no say in the hook.
   */
  enter(address: string, receiver: Receiver, connected: boolean, { snapshot, state }: JoinOptions): void {
    const known = this.#subscriptions.get(address)
    if (known !== undefined && snapshot !== undefined)
      throw new UsageError(
        `unable to join ${address} with a snapshot hook: this client has joined it already; give the hook with the first join`,
      )
    const subscription = this.#subscribe(address, receiver, snapshot)
    if (state !== undefined) this.#say(subscription, state)
    if (subscription.joined) receiver.joined()
    else if (known === undefined && connected) this.#join(subscription)
  }

  /** Takes a receiver away, and leaves the room with the last. */
  exit(address: string, receiver: Receiver, connected: boolean): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription === undefined || !subscription.receivers.delete(receiver)) return
    if (subscription.receivers.size > 0) return
    this.#forget(subscription)
    if (connected) this.#host.leave(address)
  }

  /** Says something else of this client in a room, now and on later connections. */
  state(address: string, state: unknown): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription !== undefined) this.#say(subscription, state)
  }

  /** Shows who is in a room, until the undo. */
  watch(address: string, watcher: PresenceWatcher): Undo {
    const subscription = this.#subscriptions.get(address)
    subscription?.watchers.add(watcher)
    if (subscription?.joined) watcher.entered(null)
    return () => {
      subscription?.watchers.delete(watcher)
    }
  }

  presence(address: string, frame: readonly unknown[]): void {
    for (const watcher of this.#subscriptions.get(address)?.watchers ?? []) watcher.changed(frame)
  }

  /** What the next `hello` asks for: each address with its place, as many as fit into so many bytes. */
  request(budget: number): Record<string, Position | null> {
    const requested = new Map<string, Subscription>()
    let left = budget
    // What comes without asking goes first: it is the most, and must not come before its place is known.
    const own = ({ receivers }: Subscription): number => Number(receivers.has(this.#own))
    for (const subscription of [...this.#subscriptions.values()].sort((a, b) => own(b) - own(a))) {
      const { address, since } = subscription
      left -= utf8Length(JSON.stringify([address, since]))
      if (left < 0) break
      requested.set(address, subscription)
      subscription.asked = since
    }
    this.#requested = requested
    return Object.fromEntries([...requested].map(([address, { asked }]) => [address, asked]))
  }

  /** Takes the streams of a `welcome`, leaves what is not wanted any more, and joins what was not among them (P-HS-7). */
  welcomed(userId: string, resumed: boolean, answers: ReadonlyMap<string, StreamAnswer>): void {
    // A session that was not resumed knows nothing of what was said in the one before.
    if (!resumed) for (const subscription of this.#subscriptions.values()) subscription.stated = false
    const requested = this.#requested
    this.#subscribe(addressOf.user(userId), this.#own, this.#ownHook)
    for (const address of this.#saved.keys()) if (address.startsWith('@')) this.#saved.delete(address)
    for (const [address, subscription] of requested)
      if (subscription !== this.#subscriptions.get(address) && addressKind(address) === 'room')
        this.#host.leave(address)
    for (const subscription of [...this.#subscriptions.values()]) {
      const { address } = subscription
      if (this.#subscriptions.get(address) !== subscription) continue
      const answer = answers.get(address)
      if (answer === undefined || !this.#answers(subscription, requested)) this.#join(subscription)
      else if (answer.mode === 'refused') this.#refused(subscription, refusal(answer.code))
      else this.#attach(subscription, answer, null)
    }
  }

  /** The connection is gone. */
  suspend(): void {
    for (const cancel of this.#retries) cancel()
    this.#retries.clear()
    for (const subscription of this.#subscriptions.values()) subscription.suspend()
  }

  /** Another user's session: nothing of the old one is kept (P-HS-8). */
  restart(error: ChatError): void {
    this.end(error)
    this.#subscribe(everyone, this.#own, this.#ownHook)
  }

  /** Nothing is received any more. */
  end(error: ChatError): void {
    const subscriptions = [...this.#subscriptions.values()]
    this.suspend()
    this.#saved.clear()
    this.#former.clear()
    this.#subscriptions.clear()
    for (const subscription of subscriptions) subscription.end()
    for (const { address, receivers } of subscriptions)
      for (const receiver of [...receivers]) if (receiver !== this.#own) receiver.left(error, address)
  }

  message(frame: MsgFrame): void {
    const subscription = this.#subscriptions.get(frame.address)
    if (subscription === undefined) return
    const verdict = subscription.inbox.take(frame)
    if (verdict === 'hole') this.#join(subscription)
    if (verdict !== 'deliver') return
    const { address, event, data, from, at, id } = frame
    const session = from === null ? null : id.slice(0, id.lastIndexOf('.'))
    this.#deliver(subscription.receivers, { address, event, data, from, at, id, session, durable: true })
  }

  cast(frame: HubCastFrame): void {
    const { address, event, data, from, session } = frame
    const message: Message = { address, event, data, from, session, at: 0, id: '', durable: false }
    const subscription = this.#subscriptions.get(address)
    if (subscription !== undefined) this.#deliver(subscription.receivers, message)
    else if (address.startsWith('~')) this.#deliver([this.#own], message)
  }

  gap(address: string, reason: GapReason, to: Position): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription === undefined || !subscription.inbox.attached) return
    const gap: Gap = { address, reason, from: subscription.inbox.position, to }
    if (subscription.hook !== undefined) return this.#restore(subscription, gap, to)
    subscription.inbox.skip(to)
    this.#miss(subscription, gap)
  }

  /** The hub has removed this client from an address. */
  left(address: string, error: ChatError): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription === undefined) return
    // A join that is on its way would take this client in again, and nobody here would want what comes.
    if (subscription.joining) this.#host.leave(address)
    this.#drop(subscription, error)
  }

  #subscribe(address: string, receiver: Receiver, hook: SnapshotHook | undefined): Subscription {
    let subscription = this.#subscriptions.get(address)
    if (subscription === undefined) {
      subscription = new Subscription(address, this.#inbox(address), hook)
      this.#subscriptions.set(address, subscription)
    }
    subscription.receivers.add(receiver)
    return subscription
  }

  #inbox(address: string): LogPosition {
    const inbox = new LogPosition(this.#saved.get(address) ?? null, this.#former.get(address))
    this.#saved.delete(address)
    this.#former.delete(address)
    return inbox
  }

  #forget(subscription: Subscription): void {
    const { address, inbox } = subscription
    subscription.end()
    this.#subscriptions.delete(address)
    this.#former.set(address, inbox.delivered)
    const [oldest] = this.#former.keys()
    if (this.#former.size > formerStreams && oldest !== undefined) this.#former.delete(oldest)
  }

  #join(subscription: Subscription): void {
    if (subscription.joining) return
    subscription.joining = true
    const { address } = subscription
    subscription.asked = subscription.since
    const { state } = subscription
    this.#host.join(subscription, (result) => {
      // It was left, or joined anew, while this answer was on its way.
      if (this.#subscriptions.get(address) !== subscription) return
      subscription.joining = false
      if (result instanceof ChatError) this.#refused(subscription, result)
      else {
        subscription.stated = subscription.state === state
        this.#attach(subscription, result.attachment, result.answer)
      }
    })
  }

  /** Whether what the `welcome` says of an address is about this subscription's own place. */
  #answers(subscription: Subscription, requested: ReadonlyMap<string, Subscription>): boolean {
    if (requested.get(subscription.address) === subscription) return true
    // `*` and the inbox come without asking, from now on: right for one who has no place in them yet.
    return subscription.receivers.has(this.#own) && subscription.inbox.position === null
  }

  /** What was received before goes on when the hub only cannot at the moment; whoever asks for the first time is told. */
  #refused(subscription: Subscription, error: ChatError): void {
    const placed = subscription.inbox.position !== null || subscription.restoration !== null
    const known = placed || subscription.receivers.has(this.#own)
    if (!error.retryable || !known) return this.#drop(subscription, error)
    subscription.joining = true
    this.#retry(error, () => {
      subscription.joining = false
      if (this.#subscriptions.get(subscription.address) === subscription) this.#join(subscription)
    })
  }

  /** Does something again on this connection, when the hub may be able to. */
  #retry(error: ChatError, again: () => void): void {
    const cancel = this.#host.later(error.retryAfter ?? retryDelay, () => {
      this.#retries.delete(cancel)
      again()
    })
    this.#retries.add(cancel)
  }

  #say(subscription: Subscription, state: unknown): void {
    subscription.state = state
    subscription.stated = subscription.joined
    if (!subscription.joined) return
    const { address } = subscription
    this.#host.state(address, state, (error) => {
      if (!(error instanceof ChatError && error.retryable)) return this.#host.fault(error, address)
      if (this.#subscriptions.get(address) !== subscription || subscription.state !== state) return
      subscription.stated = false
      this.#retry(error, () => {
        if (subscription.state === state && !subscription.stated) this.#say(subscription, state)
      })
    })
  }

  #attach(subscription: Subscription, attachment: LogStart, answer: unknown): void {
    const first = !subscription.joined
    subscription.joined = true
    if (subscription.state !== undefined && !subscription.stated) this.#say(subscription, subscription.state)
    if (first || answer !== null) for (const watcher of subscription.watchers) watcher.entered(answer)
    this.#place(subscription, attachment)
    if (first) for (const receiver of [...subscription.receivers]) receiver.joined()
  }

  /** Goes on where the hub says, unless the application has to say first. */
  #place(subscription: Subscription, attachment: LogStart): void {
    const { address, inbox, restoration, since: from } = subscription
    // The hook has answered while this answer was on its way: it says where another place was asked for.
    if (subscription.asked !== from) return this.#join(subscription)
    const to = attachment.position
    const lost = attachment.mode === 'gap' && from !== null
    const gap: Gap | null = lost ? { address, reason: attachment.reason ?? 'absent', from, to } : null
    if (restoration !== null) {
      if (gap !== null) restoration.refused(gap)
      else if (restoration.offer !== null) this.#restored(subscription, restoration.offer, attachment)
    } else if (subscription.hook !== undefined && (gap !== null || from === null))
      this.#restore(subscription, gap, to)
    else {
      inbox.attach(attachment)
      if (gap !== null) this.#miss(subscription, gap)
    }
  }

  /** Holds a stream until its hook has said where it goes on; `place` is where it goes on if the hook has nothing to say. */
  #restore(subscription: Subscription, gap: Gap | null, place: Position): void {
    const { address, inbox, hook } = subscription
    if (hook === undefined) return
    inbox.detach()
    const restoration = new SnapshotRestore(address, hook, {
      answered: (offer) => {
        if (offer === null) {
          inbox.skip(place)
          subscription.restoration = null
        }
        if (subscription.joined) this.#join(subscription)
      },
      fault: (error, subject) => this.#host.fault(error, subject),
      later: (delay, callback) => this.#host.later(delay, callback),
      random: () => this.#host.random(),
    })
    subscription.restoration = restoration
    if (gap !== null) this.#miss(subscription, gap)
    restoration.ask(gap)
  }

  #restored(subscription: Subscription, offer: Snapshot, attachment: LogStart): void {
    const { address, inbox, receivers } = subscription
    subscription.restoration = null
    inbox.restart(attachment)
    const snapshot: SnapshotEvent = { address, ...offer }
    this.#host.restored(snapshot)
    for (const receiver of [...receivers]) receiver.snapshot(snapshot)
  }

  #deliver(receivers: Iterable<Receiver>, received: Message): void {
    const message = this.#host.accept(received)
    if (message !== null) for (const receiver of [...receivers]) receiver.message(message)
  }

  #miss(subscription: Subscription, gap: Gap): void {
    this.#host.missed(gap)
    for (const receiver of [...subscription.receivers]) receiver.gap(gap)
  }

  #drop(subscription: Subscription, error: ChatError): void {
    this.#forget(subscription)
    for (const receiver of [...subscription.receivers]) receiver.left(error, subscription.address)
  }
}

const refusal = (code: string): ChatError =>
  new ChatError(code as ErrorCode, 'unable to join: the hub refuses the address')
