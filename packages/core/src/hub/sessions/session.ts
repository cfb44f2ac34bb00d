import { encodeError, encodeFrame, encodeOk, type WireError } from '../../protocol/encode.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { LateAborter } from '../../runtime/signal.ts'
import { Frame } from '../../transport/batch.ts'
import { isWebSocketCode } from '../../transport/sendable-codes.ts'
import { checkText, describe } from '../../vocabulary/check-options.ts'
import { CloseCode, mayReconnect } from '../../vocabulary/close-codes.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'
import type { FeedRegistry } from '../delivery/feed-registry.ts'
import type { HubSession } from '../events.ts'
import type { Identity } from '../identity.ts'
import type { User } from '../options.ts'
import type { PresenceRegistry } from '../presence/presence-registry.ts'
import type { Departure } from '../presence/room-presence.ts'
import type { Streams } from '../streams/streams.ts'
import { AddressQueues } from './address-queues.ts'
import { Appends } from './appends.ts'
import type { CatchUp } from './catch-up.ts'
import { Charges } from './charges.ts'
import { OpenCalls } from './open-calls.ts'
import { OperationWindow } from './operation-window.ts'
import { PendingAsks } from './pending-asks.ts'
import type { SessionConnection } from './session-connection.ts'
import type { SessionServices } from './session-services.ts'
import { Subscriptions } from './subscriptions.ts'

const connectionEnded = (): Error => new Error('the connection has ended')

/** The origin of a session: a fresh session, or a session that is resumed. */
export interface SessionOrigin {
  /** The public id. */
  readonly id: string
  /** The user. */
  readonly identity: Identity
  /** The number of this connection among the connections of the session, on all nodes. */
  readonly generation: number
  /** The greatest ref that the session is known to have used. */
  readonly lastRef: number
  /** True when the session is resumed. */
  readonly resumed: boolean
  /**
   * The same session on the connection before, if it is still on this node: its unfinished operations go
   * first.
   */
  readonly older: Session | undefined
}

/**
 * One client on its current connection. Answers to its operations go to that connection, or are dropped once
 * it has ended.
 */
export class Session implements HubSession {
  // The fields that each operation needs come first, as in a HubConnection.
  /** Leaf services of the node. */
  readonly context: HubContext
  readonly id: string
  /** The frames that the connection is about to be sent. */
  readonly outbox: Outbox
  /** The queues of the session's operations. */
  readonly queues: AddressQueues
  /** The messages of the session for which the log has not answered. */
  readonly appends: Appends
  /** The session's refs, and its unanswered operations. */
  readonly window: OperationWindow
  /** The user's charges for the operations of the session. */
  readonly charges: Charges
  #identity: Identity
  /** Counts revocations. A permission of an earlier count is no longer valid. */
  revision = 0
  #confirmed: boolean
  /** True once the client has shown that it uses the session: by a frame after the welcome, or a resume. */
  #used: boolean
  #ended = false
  /**
   * The number of this connection among the connections of the session, on all nodes: the greatest is the
   * current one.
   */
  readonly generation: number
  /** The address of the user's inbox. */
  readonly inbox: string
  /** True when this connection resumed the session. */
  readonly resumed: boolean
  /** The connection of the session. */
  readonly connection: SessionConnection
  /** The addresses that the session receives. */
  readonly subscriptions: Subscriptions
  readonly #services: SessionServices
  #asks: PendingAsks | null = null
  #calls: OpenCalls | null = null
  #aborter: LateAborter | null = null
  #entered = false
  #departure: Departure = 'left'
  #expiry: Undo | null = null
  #renewed: number

  constructor(services: SessionServices, connection: SessionConnection, origin: SessionOrigin) {
    const { context } = services
    this.#services = services
    this.context = context
    this.connection = connection
    this.outbox = connection.outbox
    this.id = origin.id
    this.#identity = origin.identity
    this.inbox = `@${origin.identity.id}`
    this.generation = origin.generation
    this.resumed = origin.resumed
    this.#confirmed = !origin.resumed
    this.#used = origin.resumed
    this.#renewed = context.runtime.now()
    this.subscriptions = new Subscriptions(context, this)
    this.queues = origin.older?.queues ?? new AddressQueues(services.backlogs.of(origin.identity.account))
    this.appends = origin.older?.appends ?? new Appends(context)
    this.window = new OperationWindow(context.limits.inflight, origin.lastRef, origin.resumed)
    this.charges = new Charges(services, this.window, origin.identity.account)
  }

  /** The feeds of the node. */
  get feeds(): FeedRegistry {
    return this.#services.feeds
  }

  /** The presence of the node; `null` when it is off. */
  get presence(): PresenceRegistry | null {
    return this.#services.presence
  }

  /** The streams of the node. */
  get streams(): Streams {
    return this.#services.streams
  }

  get user(): User {
    return this.#identity.user
  }

  /** The id of the user. */
  get userId(): string {
    return this.#identity.id
  }

  /** The payer of the session's messages; `undefined` when it is the user. */
  get payer(): string | undefined {
    const { id, payer, account } = this.#identity
    return payer === id ? undefined : account
  }

  /** Time for which the newest credentials are valid from their acceptance; `undefined` without a limit. */
  get expiresIn(): number | undefined {
    return this.#identity.expiresIn
  }

  /** The hub's asks to this session. */
  get asks(): PendingAsks {
    this.#asks ??= new PendingAsks(this.context, this.outbox)
    return this.#asks
  }

  /** The calls on this connection whose handlers run. */
  get calls(): OpenCalls {
    this.#calls ??= new OpenCalls()
    return this.#calls
  }

  /** Aborted when the connection ends. */
  get aborter(): LateAborter {
    if (this.#aborter === null) {
      this.#aborter = new LateAborter()
      if (this.#ended) this.#aborter.abort(connectionEnded)
    }
    return this.#aborter
  }

  get rooms(): readonly string[] {
    return this.subscriptions.rooms
  }

  get remoteAddress(): string {
    return this.connection.handshake.remoteAddress
  }

  get transport(): string {
    return this.connection.connection.capabilities.name
  }

  /** True once the connection has ended. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * The way in which the session leaves a room whose join was never completed: for good while it is
   * connected, else as its connection ended.
   */
  get departure(): Departure {
    return this.#departure
  }

  /** True when all operations and asks are answered. */
  get idle(): boolean {
    return this.window.idle && this.#asks?.idle !== false
  }

  /** True from the `welcome` to the end of the connection. */
  get entered(): boolean {
    return this.#entered && !this.#ended
  }

  close(code: number = CloseCode.kicked, reason = 'removed by the application'): void {
    if (!isWebSocketCode(code))
      throw new UsageError(
        `unable to close the session: the code must be 1000 or a whole number from 3000 to 4999, but is ${describe(code)}`,
      )
    checkText('close the session', 'reason', reason)
    this.connection.close(code, reason)
  }

  /** Ends this connection, because the session goes on at a newer connection. */
  replace(): void {
    this.close(CloseCode.replaced, 'a newer connection of this session took over')
  }

  /** Called when the handshake is done. The `welcome` follows in the same step. */
  enter(): void {
    this.#entered = true
    this.#services.expiry.forget(this.id, this.generation)
    this.#watchExpiry()
  }

  /**
   * Called when the `welcome` is written: emits `$connect` and the `$join` of each room, and starts the
   * replay.
   */
  announce(): void {
    this.context.listeners.emit('$connect', { session: this, resumed: this.resumed })
    this.subscriptions.announce()
    this.subscriptions.pump()
  }

  /**
   * Called for each frame that arrives after the `welcome`: the older secret is then no longer valid
   * (P-HS-4).
   */
  confirm(): void {
    this.#used = true
    if (this.#confirmed) return
    this.#confirmed = true
    this.#store(() => this.context.backplane.sessions.confirm(this.id, this.generation))
  }

  /** Called at each heartbeat: renews the record of the session from time to time. */
  renew(now: number): void {
    if (now - this.#renewed < this.context.timeouts.session / 2) return
    this.#renewed = now
    this.renewRecord()
  }

  /**
   * Renews the record of the session, and tells the store if the session has ended. When the record was
   * dropped, the session ends: it was kicked, and the notice to this node was lost.
   */
  renewRecord(): void {
    const { backplane, timeouts } = this.context
    const ended = this.#ended ? (this.#used ? 'used' : 'silent') : undefined
    const record = { id: this.id, user: this.userId, ended } as const
    this.#store(
      () => backplane.sessions.renew(record, this.generation, this.window.lastRef, timeouts.session),
      (kept) => {
        if (kept) return
        this.close()
        this.#services.expiry.hurry(`~${this.id}`)
      },
    )
  }

  /** Writes a ping. */
  ping(): void {
    this.outbox.push(new Frame('["ping"]'))
  }

  /** Tells the client that a stream which it writes is to end (P-CN-4). */
  cancelStream(address: string): void {
    if (this.entered) this.outbox.push(new Frame(encodeFrame('cancel', address)))
  }

  /** Takes new credentials of the same user. */
  renewIdentity(identity: Identity): void {
    this.#identity = identity
    this.charges.moveTo(identity.account)
    this.#watchExpiry()
  }

  /**
   * Called when the connection has ended, also before the `welcome`. `byClient` is true when the client has
   * closed it and does not come back.
   */
  end(code: number, reason: string, byClient: boolean): void {
    if (this.#ended) return
    this.#ended = true
    if (byClient) this.#departure = 'closed'
    else if (mayReconnect(code) || code === CloseCode.replaced) this.#departure = 'lost'
    this.#expiry?.()
    this.subscriptions.end(this.#departure)
    this.charges.end()
    this.#asks?.end()
    this.#services.streams.clients.left(this)
    this.#aborter?.abort(connectionEnded)
    if ((this.#entered || this.resumed) && code !== CloseCode.replaced)
      this.#services.expiry.watch({
        session: this.id,
        user: this.userId,
        generation: this.generation,
        node: this.context.id,
      })
    this.renewRecord()
    if (this.#entered) this.context.listeners.emit('$disconnect', { session: this, code, reason })
  }

  /** Answers an operation. */
  ok(ref: number, result?: string): void {
    if (!this.#ended) this.outbox.push(new Frame(encodeOk(ref, result)))
  }

  /** Refuses an operation. */
  err(ref: number, error: WireError): void {
    if (!this.#ended) this.outbox.push(new Frame(encodeError(ref, error)))
  }

  /** Pays for the session's replays. */
  get catchUp(): CatchUp {
    return this.charges.catchUp
  }

  #watchExpiry(): void {
    this.#expiry?.()
    const { expiresIn } = this
    this.#expiry =
      expiresIn === undefined
        ? null
        : this.context.runtime.timer(expiresIn, () =>
            this.close(CloseCode.expired, 'the credentials have expired'),
          )
  }

  /** Writes the record. A record that cannot be written costs a later resume, not this connection. */
  #store<T>(write: () => MaybePromise<T>, then: (result: T) => void = () => {}): void {
    attempt(write, then, (error) =>
      this.context.reportError({ error, source: 'backplane', session: this.id }),
    )
  }
}
