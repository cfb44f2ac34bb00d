import type { ClientFrame } from '../../protocol/client-frames.ts'
import { encodeError, encodeOk, type WireError } from '../../protocol/encode.ts'
import { otherInflight } from '../../protocol/limits.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { createAborter } from '../../runtime/signal.ts'
import { Frame } from '../../transport/batch.ts'
import { addressKind } from '../../vocabulary/address.ts'
import { CloseCode, mayReconnect } from '../../vocabulary/close-codes.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'
import type { HubSession } from '../events.ts'
import type { HubConnection } from '../handshake/hub-connection.ts'
import { runCall } from '../operations/call.ts'
import { join, leave } from '../operations/join.ts'
import { badValue } from '../operations/payload-checks.ts'
import { castMessage, sendMessage } from '../operations/publish.ts'
import { readHistory } from '../operations/read-history.ts'
import type { User } from '../options.ts'
import { authenticate } from '../policy/authenticate.ts'
import { reauthorize } from '../policy/revoke.ts'
import { changeState, tellWho } from '../presence/presence-registry.ts'
import type { Departure } from '../presence/room-presence.ts'
import { AddressQueues } from './address-queues.ts'
import { PendingAsks } from './pending-asks.ts'
import { rateKey } from './rate-limiter.ts'
import { Subscriptions } from './subscriptions.ts'

/** Where a session comes from. */
export interface SessionOrigin {
  readonly id: string
  readonly user: User
  readonly generation: number
  /** The greatest ref it is known to have used before. */
  readonly lastRef: number
  readonly resumed: boolean
  /** The same session on the connection before, if it is still here: its unfinished operations go first. */
  readonly older: Session | undefined
}

/** An operation with a ref. */
type Operation = Extract<ClientFrame, { ref: number; address: string }>

/**
 * One client on its current connection: checks each frame in the order of P-FR-9, and runs it. Whatever a frame asks for, its
 * answer goes to the connection that asked, or nowhere.
 *
 * @internal
 */
export class Session implements HubSession {
  readonly node: HubContext
  readonly id: string
  /** Counts the connections of this session, on whatever node: the greatest is the current one. */
  readonly generation: number
  readonly inbox: string
  readonly resumed: boolean
  readonly outbox: Outbox
  readonly memberships: Subscriptions
  readonly asks: PendingAsks
  readonly lanes: AddressQueues
  /** Counts what was revoked: a verdict of the policy from before counts no more. */
  revision = 0
  readonly aborter: ReturnType<typeof createAborter> = createAborter()
  readonly #link: HubConnection
  #user: User
  #confirmed: boolean
  #entered = false
  #ended = false
  #departure: Departure = 'left'
  /** The greatest ref on this connection: one that is not above it is a repetition. */
  #connectionRef = 0
  /** The greatest ref of the session, on whatever connection. */
  #lastRef: number
  /** What that was when this connection resumed the session: up to here an older connection may have written the same. */
  readonly #resumedRef: number
  /** How many sends of a resumed session are looked up although their refs look new: a hub that crashed may not have noted the last ones. */
  #lookups: number
  /** Repetitions after a resume that do not count toward the rate (P-LV-3). */
  #credit: number
  #publishing = 0
  #others = 0
  #expiry: Undo | null = null
  #renewed: number

  constructor(node: HubContext, link: HubConnection, origin: SessionOrigin) {
    this.node = node
    this.#link = link
    this.generation = origin.generation
    this.#user = origin.user
    this.#confirmed = !origin.resumed
    this.#lastRef = origin.lastRef
    this.#resumedRef = origin.lastRef
    this.#credit = origin.resumed ? node.limits.inflight + otherInflight : 0
    this.#lookups = this.#credit
    this.#renewed = node.runtime.now()
    this.id = origin.id
    this.inbox = `@${origin.user.id}`
    this.resumed = origin.resumed
    this.outbox = link.outbox
    this.memberships = new Subscriptions(this)
    this.asks = new PendingAsks(this)
    this.lanes = origin.older?.lanes ?? new AddressQueues()
  }

  get user(): User {
    return this.#user
  }

  get rooms(): readonly string[] {
    return this.memberships.rooms
  }

  get remoteAddress(): string {
    return this.#link.handshake.remoteAddress
  }

  get transport(): string {
    return this.#link.connection.capabilities.name
  }

  /** The greatest ref it is known to have used. */
  get lastRef(): number {
    return this.#lastRef
  }

  get ended(): boolean {
    return this.#ended
  }

  /** How it departs from a room that it does not get to receive: while its connection lives, for good. */
  get departure(): Departure {
    return this.#departure
  }

  /** Whether the welcome was written. */
  get entered(): boolean {
    return this.#entered && !this.#ended
  }

  close(code: number = CloseCode.kicked, reason = 'removed by the application'): void {
    this.#link.close(code, reason)
  }

  replace(): void {
    this.close(CloseCode.replaced, 'a newer connection of this session took over')
  }

  /** The handshake is done; the welcome follows in the same step. */
  enter(): void {
    this.#entered = true
    this.#watchExpiry()
  }

  /** The welcome is written. */
  announce(): void {
    this.#link.open(this, () => {
      this.node.listeners.emit('$connect', { session: this, resumed: this.resumed })
      this.memberships.announce()
      this.memberships.pump()
    })
  }

  /** A frame arrived on the connection that was welcomed with the newest secret: the older one dies (P-HS-4). */
  confirm(): void {
    if (this.#confirmed) return
    this.#confirmed = true
    this.#store(() => this.node.backplane.sessions.confirm(this.id, this.generation))
  }

  /** Keeps the session's record alive, now and then. */
  renew(now: number): void {
    if (now - this.#renewed < this.node.timeouts.session / 2) return
    this.#renewed = now
    this.#keep()
  }

  /** Something may have been revoked and this node not told of it. */
  verify(): void {
    if (this.#ended) return
    this.#keep()
    reauthorize(this)
  }

  ping(): void {
    this.outbox.push(new Frame('["ping"]'))
  }

  /** Goes on with streams that are behind. */
  pump(): void {
    this.memberships.pump()
  }

  /** The connection is gone; `asked` says that its client has closed it, as one that does not come back. */
  end(code: number, reason: string, asked: boolean): void {
    if (this.#ended) return
    this.#ended = true
    if (asked) this.#departure = 'closed'
    else if (mayReconnect(code) || code === CloseCode.replaced) this.#departure = 'lost'
    this.#expiry?.()
    this.memberships.end(this.#departure)
    this.asks.end()
    this.aborter.abort(new Error('the connection has ended'))
    this.node.router.remove(this)
    this.#keep()
    if (this.#entered) this.node.listeners.emit('$disconnect', { session: this, code, reason })
  }

  /** @throws ProtocolError for a second `hello` (P-HS-1). */
  execute(frame: ClientFrame): void {
    switch (frame.type) {
      case 'hello':
        throw new ProtocolError('a second hello')
      case 'ping':
        return this.outbox.pong(frame.t)
      case 'pong':
        return
      case 'reply':
      case 'refuse':
        return this.asks.answer(frame)
      case 'unknown':
        return this.#unknown(frame.ref)
      case 'cast':
        return castMessage(this, frame)
      case 'auth':
        return this.#run(frame.ref, false, (done) => this.#auth(frame.ref, frame.token, done))
      case 'call': {
        const first = frame.ref > this.#connectionRef
        return this.#run(frame.ref, true, (done) => runCall(this, frame, first, done))
      }
      default:
        return this.#operate(frame)
    }
  }

  ok(ref: number, result?: string): void {
    if (!this.#ended) this.outbox.push(new Frame(encodeOk(ref, result)))
  }

  err(ref: number, error: WireError): void {
    if (!this.#ended) this.outbox.push(new Frame(encodeError(ref, error)))
  }

  /** Takes one operation off the user's rate: `null`, or what it is told (P-LV-3). */
  overRate(ref: number): WireError | null {
    if (ref <= this.#resumedRef && this.#credit > 0) {
      this.#credit--
      return null
    }
    const who = rateKey(this.#user, this.remoteAddress)
    const retryAfter = this.node.rates.take(who, this.node.runtime.now())
    return retryAfter === 0 ? null : { code: 'rate_limited', message: 'too many operations', retryAfter }
  }

  /**
   * Why an address, or the value that goes with it, cannot be used for an operation that receives or reads; `null` when it can (P-AD-1, P-AD-2). In the
   * order of P-FR-9: whose address it is comes last.
   */
  badAddress(address: string, value?: unknown): WireError | null {
    const kind = addressKind(address)
    if (kind === null) return { code: 'bad_request', message: 'unable to use this address: it is none' }
    const bad = badValue(value, this.node.limits.depth)
    if (bad !== null) return bad
    const mine = kind === 'everyone' || kind === 'room' || address === this.inbox
    return mine ? null : { code: 'forbidden', message: 'unable to do this: not allowed' }
  }

  #operate(frame: Operation): void {
    const first = frame.ref > this.#connectionRef
    const publishes = frame.type === 'send'
    this.#run(frame.ref, publishes, (done) => {
      // A send that may be a repetition is looked up before it counts; everything else counts at once (P-FR-9), but a leave not at all (P-LV-3).
      const repeats = publishes && this.#mayRepeat(frame.ref, first)
      const over = repeats || frame.type === 'leave' ? null : this.overRate(frame.ref)
      this.lanes.run(frame.address, (next) => {
        const finish = (): void => {
          done()
          next()
        }
        if (over !== null) {
          this.err(frame.ref, over)
          finish()
        } else this.#dispatch(frame, repeats, finish)
      })
    })
  }

  /** Whether this ref may have been written before, on this connection or an older one. Uses up a lookup of those that a resumed session has. */
  #mayRepeat(ref: number, first: boolean): boolean {
    return !first || ref <= this.#resumedRef || this.#lookups-- > 0
  }

  #dispatch(frame: Operation, repeats: boolean, done: () => void): void {
    switch (frame.type) {
      case 'send':
        return sendMessage(this, frame, repeats, done)
      case 'join':
        return join(this, frame, done)
      case 'leave':
        return leave(this, frame, done)
      case 'read':
        return readHistory(this, frame, done)
      case 'state':
        return changeState(this, frame, done)
      case 'who':
        return tellWho(this, frame, done)
    }
  }

  /** Runs an operation inside the window of its kind, or answers `busy` (P-PB-6). */
  #run(ref: number, publishes: boolean, operation: (done: () => void) => void): void {
    const open = publishes ? this.#publishing : this.#others
    if (open >= (publishes ? this.node.limits.inflight : otherInflight))
      this.err(ref, { code: 'busy', message: 'too many unanswered operations' })
    else {
      this.#count(publishes, 1)
      operation(() => this.#count(publishes, -1))
    }
    this.#see(ref)
  }

  /** Every ref counts as written, whatever became of it. */
  #see(ref: number): void {
    this.#connectionRef = Math.max(this.#connectionRef, ref)
    this.#lastRef = Math.max(this.#lastRef, ref)
  }

  #count(publishes: boolean, by: 1 | -1): void {
    if (publishes) this.#publishing += by
    else this.#others += by
  }

  #unknown(ref: number | null): void {
    if (ref === null) {
      this.node.counters.unknownFrames++
      return
    }
    this.err(ref, { code: 'unsupported', message: 'unable to do this: this hub does not know it' })
    this.#see(ref)
  }

  #auth(ref: number, token: string, done: () => void): void {
    const message = 'unable to accept these credentials'
    authenticate(this.node, this.#link, { token, signal: this.aborter.signal }, (outcome) => {
      if (this.#ended) return done()
      if (!('user' in outcome) || outcome.user.id !== this.#user.id) {
        // What failed inside the hub is no verdict on the credentials.
        const failed = 'code' in outcome && outcome.code === CloseCode.internal
        this.err(ref, { code: failed ? 'internal' : 'unauthorized', message })
        return done()
      }
      this.#user = outcome.user
      this.#watchExpiry()
      reauthorize(this, () => {
        const { expiresIn } = outcome.user
        this.ok(ref, expiresIn === undefined ? '{}' : JSON.stringify({ expires: Math.floor(expiresIn) }))
        done()
      })
    })
  }

  #watchExpiry(): void {
    this.#expiry?.()
    const { expiresIn } = this.#user
    this.#expiry =
      expiresIn === undefined
        ? null
        : this.node.runtime.timer(expiresIn, () =>
            this.close(CloseCode.expired, 'the credentials have expired'),
          )
  }

  /** A record that was dropped ends the session, should nobody have told this node. */
  #keep(): void {
    const { backplane, timeouts } = this.node
    this.#store(
      () => backplane.sessions.renew(this.id, this.generation, this.#lastRef, timeouts.session),
      (kept) => {
        if (!kept) this.close()
      },
    )
  }

  /** A record that cannot be written costs a later resume, not this connection. */
  #store<T>(write: () => MaybePromise<T>, then: (result: T) => void = () => {}): void {
    attempt(write, then, (error) => this.node.fault({ error, source: 'backplane', session: this.id }))
  }
}
