import type { HelloFrame, StreamRequest } from '../../protocol/client-frames.ts'
import { encodeLogStart } from '../../protocol/encode.ts'
import { Frame } from '../../transport/batch.ts'
import { addressKind } from '../../vocabulary/address.ts'
import type { Position } from '../../vocabulary/position.ts'
import { withdraw } from '../operations/join.ts'
import { authorize } from '../policy/authorize.ts'
import { enterPresence } from '../presence/presence-registry.ts'
import type { Session } from '../sessions/session.ts'
import type { Granted } from '../sessions/subscriptions.ts'

/** A stream of the `hello`, looked at. */
type Prepared = Granted | { readonly refused: string }

/** What becomes of a handshake whose streams are all looked at. */
export interface WelcomeOutcome {
  /** The connection has ended meanwhile. */
  readonly cancelled: () => boolean
  readonly failed: (error: unknown) => void
}

/**
 * The end of a handshake: looks at every stream that the `hello` names, and at `*` and the own `@user`, each authorised again (P-HS-7); then attaches them all
 * and writes the `welcome`, in one synchronous step.
 *
 * @internal
 */
export class Welcome {
  readonly #session: Session
  readonly #secret: string
  readonly #outcome: WelcomeOutcome
  readonly #requests = new Map<string, StreamRequest>()
  readonly #prepared = new Map<string, Prepared>()
  /** The {@link Session.revision} at which the policy was asked. */
  #asked: number
  #failure: { error: unknown } | null = null

  constructor(session: Session, secret: string, outcome: WelcomeOutcome) {
    this.#session = session
    this.#secret = secret
    this.#outcome = outcome
    this.#asked = session.revision
  }

  start(hello: HelloFrame): void {
    this.#requests.set('*', null).set(this.#session.inbox, null)
    for (const [address, since] of hello.streams) this.#requests.set(address, since)
    for (const [address, since] of this.#requests)
      this.#prepare(address, since, (prepared) => this.#settle(address, prepared))
  }

  #prepare(address: string, since: StreamRequest, then: (prepared: Prepared) => void): void {
    const kind = addressKind(address)
    if (this.#owns(address)) return this.#examine(address, since === 'malformed' ? null : since, then)
    if (kind === null || since === 'malformed') return then({ refused: 'bad_request' })
    if (kind !== 'room') return then({ refused: 'forbidden' })
    authorize(this.#session, { action: 'join', address }, (refused) => {
      if (refused !== null) then({ refused: refused.code })
      else this.#examine(address, since, then)
    })
  }

  #owns(address: string): boolean {
    return address === '*' || address === this.#session.inbox
  }

  #examine(address: string, since: Position | null, then: (prepared: Prepared) => void): void {
    const { node } = this.#session
    const feed = node.router.acquire(address)
    feed.open(
      since,
      () => {
        if (since === null) this.#seat({ feed, since, reason: null, roster: null }, then)
        else feed.examine(since, (reason) => this.#seat({ feed, since, reason, roster: null }, then))
      },
      (error) => {
        node.report(error, address)
        node.router.release(feed)
        // Without its own inbox a session would be deaf: that is no refusal but a failed handshake.
        if (this.#owns(address)) this.#failure = { error }
        then({ refused: 'unavailable' })
      },
    )
  }

  /** It is present there with the state it had in this session (P-PR-6). */
  #seat(granted: Granted, then: (prepared: Prepared) => void): void {
    const session = this.#session
    enterPresence(session, granted.feed.address, undefined, (seated) => {
      if ('roster' in seated) return then({ ...granted, roster: seated.roster })
      session.node.router.release(granted.feed)
      then({ refused: seated.refused.code })
    })
  }

  #settle(address: string, prepared: Prepared): void {
    this.#prepared.set(address, prepared)
    if (this.#prepared.size === this.#requests.size) this.#finish()
  }

  #finish(): void {
    if (!this.#outcome.cancelled() && this.#failure === null) return this.#open()
    for (const outcome of this.#prepared.values())
      if ('feed' in outcome) withdraw(this.#session, outcome, 'lost')
    if (this.#failure !== null) this.#outcome.failed(this.#failure.error)
  }

  /** What was allowed before something was revoked is asked for again, and once more if something is revoked meanwhile. */
  #confirm(): void {
    const session = this.#session
    this.#asked = session.revision
    const granted = [...this.#prepared].filter(([address, one]) => 'feed' in one && !this.#owns(address))
    let open = granted.length
    if (open === 0) return this.#finish()
    for (const [address, prepared] of granted)
      authorize(session, { action: 'join', address }, (refused) => {
        if (refused !== null) {
          if ('feed' in prepared) withdraw(session, prepared, 'left')
          this.#prepared.set(address, { refused: refused.code })
        }
        if (--open === 0) this.#finish()
      })
  }

  /** In one step: attaches every stream, writes where each stands, and lets the session begin. */
  #open(): void {
    if (this.#asked !== this.#session.revision) return this.#confirm()
    this.#session.enter()
    const streams: string[] = []
    for (const address of this.#requests.keys()) {
      const prepared = this.#prepared.get(address)
      if (prepared !== undefined) streams.push(`${JSON.stringify(address)}:${this.#answer(prepared)}`)
    }
    const { outbox } = this.#session
    outbox.push(new Frame(`["welcome",${this.#head()},"streams":{${streams.join(',')}}}]`))
    // By itself: behind a slow link a client would give up while it waits for the replay that came with it.
    outbox.flush()
    this.#session.announce()
  }

  #answer(prepared: Prepared): string {
    if ('refused' in prepared) return JSON.stringify({ mode: 'refused', code: prepared.refused })
    const { memberships } = this.#session
    if (memberships.full(prepared.feed.address)) {
      withdraw(this.#session, prepared, 'left')
      return JSON.stringify({ mode: 'refused', code: 'too_large' })
    }
    return encodeLogStart(memberships.attach(prepared))
  }

  /** Everything of the welcome but its streams and the closing brace. Addresses are data: they must not become keys of an object here. */
  #head(): string {
    const { node, id, user, resumed } = this.#session
    const { frame, transmission, depth, rooms, inflight, rate, burst, queue, replay } = node.limits
    const { heartbeat, heartbeatGrace } = node.timeouts
    const text = JSON.stringify({
      v: 1,
      session: { id, secret: this.#secret },
      user: user.id,
      resumed,
      node: node.id,
      heartbeat,
      grace: heartbeatGrace,
      limits: { frame, transmission, depth, rooms, inflight, rate, burst, queue, replay },
      durability: node.backplane.capabilities.durability,
      features: [],
      ...(user.expiresIn === undefined ? {} : { expires: Math.floor(user.expiresIn) }),
    })
    return text.slice(0, -1)
  }
}
