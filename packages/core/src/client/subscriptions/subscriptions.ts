import { checkCarried } from '../../protocol/carried.ts'
import type { CastFrame, GapFrame, LeftFrame, MsgFrame, StreamAnswer } from '../../protocol/hub-frames.ts'
import { destinationKind, everyone } from '../../vocabulary/address.ts'
import { type ChatError, UsageError } from '../../vocabulary/errors.ts'
import { type Position, toPosition } from '../../vocabulary/position.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import { hubError } from '../connection/close-error.ts'
import type { Connector } from '../connection/connector.ts'
import type { ClientContext } from '../context.ts'
import { accept } from '../operations/accept.ts'
import type { OperationWriter } from '../operations/operation-writer.ts'
import type { Operations } from '../operations/operations.ts'
import type { ClientOptions, JoinOptions } from '../options.ts'
import type { PositionKeeper, PositionSource } from '../position-storage.ts'
import type { Cast } from '../types.ts'
import { NewestMessages } from './newest-messages.ts'
import { ClientReceiver, type Receiver } from './receiver.ts'
import type { OpenRestore } from './restore.ts'
import { Subscription, type SubscriptionRegistry } from './subscription.ts'

/** Parts of a client that its subscriptions use. */
interface SubscriptionServices {
  readonly context: ClientContext
  readonly connector: Connector
  readonly writer: OperationWriter
  readonly operations: Operations
}

/** Frame of an address that the application hears of. */
type AddressFrame = MsgFrame | CastFrame | GapFrame | LeftFrame

/** Options that tell with which state or messages an address begins, or where. */
type Beginning = Pick<JoinOptions, 'snapshot' | 'last' | 'since'>

/** Number of ended subscriptions whose delivered ids are kept. */
const keptSubscriptions = 16

/**
 * All subscriptions of a client: `*`, the user's inbox and the rooms, each with its position. Continues
 * across connections.
 */
export class Subscriptions implements SubscriptionRegistry {
  readonly context: ClientContext
  readonly writer: OperationWriter
  readonly operations: Operations
  readonly #connector: Connector
  readonly #client: ClientReceiver
  /** Beginning of `*` and the inbox. */
  readonly #own: Beginning
  /** Present subscriptions, by address. */
  readonly active: Map<string, Subscription> = new Map()
  /** Saved positions of addresses that have no subscription yet. */
  readonly saved: Map<string, Position> = new Map()
  /**
   * Delivered ids of the subscriptions that ended last: a hub that lags behind may send their messages again
   * after a new `join` (P-ST-7).
   */
  readonly #delivered = new Map<string, Set<string>>()
  /** Keeps the positions for later clients; `null` for none. */
  readonly keeper: PositionKeeper | null
  /** Positions as they were returned last. */
  #positions: Readonly<Record<string, Position>> = {}
  /** Frames that wait for the turn after a `ready`; `null` outside such a turn. */
  #held: AddressFrame[] | null = null
  /** Subscriptions in the `hello` that is under way. */
  readonly #requested = new Set<Subscription>()

  constructor({ context, connector, writer, operations }: SubscriptionServices, options: ClientOptions) {
    this.context = context
    this.writer = writer
    this.operations = operations
    this.#connector = connector
    this.#client = new ClientReceiver(context, options.inbox !== false)
    this.#own = { snapshot: options.snapshot, last: Object(options.inbox).last }
    // Saved positions come from the application's storage: skip malformed ones.
    for (const [address, position] of Object.entries(options.positions ?? {}))
      if (destinationKind(address) !== null && toPosition(position) !== null)
        this.saved.set(address, position)
    const { open } = Object(options.positions) as Partial<PositionSource>
    this.keeper = (open?.(this as never) as PositionKeeper | undefined) ?? null
    this.#subscribe(everyone, this.#client)
  }

  /**
   * Positions of all subscriptions, and the saved positions that no subscription has used yet. The object is
   * the same while no position has changed.
   */
  get positions(): Readonly<Record<string, Position>> {
    const positions = new Map(this.saved)
    // A position in a stream stands for the value, which is not saved.
    for (const [address, { place }] of this.active)
      if (place !== null && !address.startsWith('^')) positions.set(address, place)
    const entries = Object.fromEntries(positions)
    if (JSON.stringify(entries) !== JSON.stringify(this.#positions)) this.#positions = Object.freeze(entries)
    return this.#positions
  }

  /**
   * Adds a receiver to an address, and joins the address for its first receiver. Returns the subscription.
   *
   * @throws UsageError when `snapshot` and `last` are given, or one of them and the address has receivers already.
   */
  join(address: string, receiver: Receiver, { snapshot, state, last, since }: JoinOptions): Subscription {
    const known = this.active.get(address)
    if (known === undefined ? snapshot !== undefined && last !== undefined : (snapshot ?? last) !== undefined)
      throw new UsageError(
        `unable to join ${address}: give 'snapshot' or 'last', not both, and with the first join of the room`,
      )
    this.checkState(address, state)
    // A cursor may be the first that follows the inbox, before the client knows its user.
    const own = /^[*@]/.test(address)
    const subscription = this.#subscribe(address, receiver, own ? this.#own : { snapshot, last, since })
    if (state !== undefined) subscription.setState(state)
    if (subscription.joined) receiver.joined()
    else if (known === undefined && this.#connector.live !== null) subscription.join()
    return subscription
  }

  /** Removes a receiver, and leaves the address after its last receiver. */
  leave(subscription: Subscription, receiver: Receiver): void {
    const { address, receivers } = subscription
    if (!subscription.removeReceiver(receiver) || receivers.size > 0 || subscription.ended) return
    this.remove(subscription)
    if (this.#connector.live !== null) subscription.leave()
    this.context.streams?.left(address)
  }

  /** The application listens to `*` and the inbox. */
  listenToOwn(): void {
    for (const subscription of this.active.values()) subscription.listen(this.#client)
  }

  holdTurn(): void {
    if (this.#held !== null) return
    this.#held = []
    const { runtime } = this.context
    // In a page a deferral is a microtask: after three of them, code that awaits `ready` has run, also when it awaits
    // several rooms by `Promise.all`.
    runtime.defer(() => runtime.defer(() => runtime.defer(() => this.releaseTurn())))
  }

  releaseTurn(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const frame of held) this.#take(frame)
  }

  /**
   * Checks a presence state.
   *
   * @throws ChatError `bad_payload` when JSON does not carry it, or the contract does not accept it.
   */
  checkState(address: string, state: unknown): void {
    checkCarried(`set the state in ${address}`, state)
    this.context.validator.state(state)
  }

  /**
   * Returns the streams of the next `hello`: each address with its position, as many as fit into `budget`
   * bytes.
   */
  request(budget: number): Record<string, Position | null> {
    const streams: Record<string, Position | null> = {}
    let left = budget
    this.#requested.clear()
    // `*` and the inbox go first: the hub delivers them unasked, so it must know the position before it
    // starts.
    const rank = ({ automatic }: Subscription): number => Number(automatic)
    for (const subscription of [...this.active.values()].sort((a, b) => rank(b) - rank(a))) {
      const { address, since } = subscription
      left -= utf8Length(JSON.stringify([address, since]))
      if (left < 0) break
      this.#requested.add(subscription)
      streams[address] = subscription.request()
    }
    return streams
  }

  /**
   * Takes the streams of a `welcome`: leaves rooms that are no longer needed, and joins those that were not
   * in the `hello` (P-HS-7).
   */
  welcomed(userId: string, resumed: boolean, answers: Readonly<Record<string, StreamAnswer>>): void {
    if (!resumed) for (const subscription of this.active.values()) subscription.stateSent = false
    // The hello may have had the positions of another user.
    const known = this.keeper?.userKnown(userId) === false ? {} : answers
    this.#subscribe(`@${userId}`, this.#client)
    for (const address of this.saved.keys()) if (address.startsWith('@')) this.saved.delete(address)
    for (const subscription of this.#requested)
      if (subscription.ended && !subscription.automatic) subscription.leave()
    for (const subscription of [...this.active.values()]) {
      if (subscription.ended) continue
      const answer = known[subscription.address]
      if (answer === undefined || !this.#isFor(subscription)) subscription.join()
      else if (answer.mode === 'refused') subscription.refused(refusalError(answer))
      else subscription.started(answer, null)
    }
  }

  /** The connection has ended. */
  suspend(): void {
    this.#held = null
    for (const subscription of this.active.values()) subscription.suspend()
  }

  /** Starts again for another user: nothing of the old session is kept (P-HS-8). */
  restart(error: ChatError): void {
    this.end(error)
    this.#subscribe(everyone, this.#client)
  }

  /** Ends all subscriptions, and tells the receivers of rooms. */
  end(error: ChatError): void {
    const subscriptions = [...this.active.values()]
    this.keeper?.save()
    this.suspend()
    this.saved.clear()
    this.#delivered.clear()
    this.active.clear()
    for (const subscription of subscriptions) subscription.end()
    for (const { address, receivers } of subscriptions)
      for (const receiver of [...receivers.keys()])
        if (receiver !== this.#client) receiver.left(error, address)
    this.context.streams?.end(error)
  }

  /** Takes a frame of an address, after the turn of a `ready`. */
  receive(frame: AddressFrame): void {
    if (this.#held === null) this.#take(frame)
    else this.#held.push(frame)
  }

  #cast([, address, event, data, from, sender, , meta = null]: CastFrame): void {
    const session = typeof sender === 'string' ? sender : null
    const absent = { id: null, position: null, time: null }
    const cast: Cast = { address, event, data, meta, from, session, durable: false, ...absent }
    const subscription = this.active.get(address)
    const receivers = address.startsWith('~') ? [this.#client] : [...(subscription?.receivers.keys() ?? [])]
    const accepted = receivers.length > 0 ? accept(this.context, cast) : null
    if (accepted === null) return
    this.context.observe('message', accepted)
    for (const receiver of receivers) receiver.receive('message', accepted)
  }

  /** Takes a change of the members of a room. */
  presence(address: string, frame: readonly unknown[]): void {
    for (const watcher of this.active.get(address)?.watchers ?? []) watcher.changed(frame)
  }

  /** Ends a subscription, and keeps its delivered ids for a while. */
  remove(subscription: Subscription): void {
    const { address, delivered } = subscription
    this.keeper?.left(subscription)
    this.active.delete(address)
    if (!address.startsWith('^')) this.#keepDelivered(address, delivered)
    subscription.end()
  }

  #keepDelivered(address: string, delivered: Set<string>): void {
    this.#delivered.set(address, delivered)
    const [oldest] = this.#delivered.keys()
    if (this.#delivered.size > keptSubscriptions && oldest !== undefined) this.#delivered.delete(oldest)
  }

  #take(frame: AddressFrame): void {
    if (frame[0] === 'cast') return this.#cast(frame)
    const subscription = this.active.get(frame[1])
    if (frame[0] === 'msg') subscription?.message(frame)
    else if (frame[0] === 'gap') subscription?.gap(frame[2], frame[3])
    else subscription?.left(hubError(frame[2], frame[3]))
  }

  #subscribe(address: string, receiver: Receiver, beginning = this.#own): Subscription {
    let subscription = this.active.get(address)
    if (subscription === undefined) {
      subscription = new Subscription(address, this, {
        position: this.saved.get(address) ?? beginning.since ?? null,
        delivered: this.#delivered.get(address),
        open: openingOf(address, beginning),
      })
      this.saved.delete(address)
      this.#delivered.delete(address)
      this.active.set(address, subscription)
    }
    subscription.addReceiver(receiver)
    return subscription
  }

  /**
   * Returns `true` when the answer in the `welcome` is about this subscription, and not about an earlier
   * subscription to the address.
   */
  #isFor(subscription: Subscription): boolean {
    if (this.#requested.has(subscription)) return true
    // The hub delivers `*` and the inbox from now on, which is right for a client without a position.
    return subscription.automatic && subscription.position === null
  }
}

/** Returns the restore with which an address begins. `*` has no newest messages of a client's own. */
function openingOf(address: string, { snapshot, last }: Beginning): OpenRestore | undefined {
  if (snapshot !== undefined) return snapshot.open as OpenRestore
  if (last === undefined || address === everyone) return undefined
  // Behind a gap, the newest messages were delivered already.
  return (subscription, gap, next) => (gap === null ? new NewestMessages(subscription, last, next) : null)
}

const refusalError = ({ code, message }: Extract<StreamAnswer, { code: string }>): ChatError =>
  hubError(code, message ?? 'unable to join: the hub refuses the address')
