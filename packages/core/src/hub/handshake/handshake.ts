import type { TakeResult } from '../../backplane/backplane.ts'
import type { ClientFrame, HelloFrame } from '../../protocol/client-frames.ts'
import { protocolVersion, secretLength, sessionIdLength } from '../../protocol/limits.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { sha256 } from '../../runtime/hash.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { type Aborter, createAborter } from '../../runtime/signal.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import type { HubContext } from '../context.ts'
import { sessionChannel, type Takeover } from '../operations/publish.ts'
import type { User } from '../options.ts'
import { authenticate } from '../policy/authenticate.ts'
import { rateKey } from '../sessions/rate-limiter.ts'
import type { Arrival } from '../sessions/router.ts'
import { Session } from '../sessions/session.ts'
import type { HubConnection } from './hub-connection.ts'
import { Welcome } from './welcome.ts'

/**
 * From the first frame to the `welcome`: version, credentials, the session, and then its streams. Each step may take its time; a link that ends
 * meanwhile cancels the rest.
 *
 * @internal
 */
export class Handshaker implements Arrival {
  readonly #node: HubContext
  readonly #link: HubConnection
  readonly #aborter: Aborter = createAborter()
  #session: Session | null = null
  #started = false
  #cancelled = false
  /** Whom the application has put out since this began, and why. */
  readonly #kicked = new Map<string, string>()

  constructor(node: HubContext, link: HubConnection) {
    this.#node = node
    this.#link = link
  }

  get started(): boolean {
    return this.#started
  }

  cancel(): void {
    this.#cancelled = true
    this.#node.router.arrivals.delete(this)
    if (this.#session !== null) this.#node.router.remove(this.#session)
    this.#aborter.abort(new Error('the connection has ended'))
  }

  kicked(who: string, reason: string): void {
    this.#kicked.set(who, reason)
  }

  /** @throws ProtocolError when the frame is no `hello` (P-HS-1). */
  start(frame: ClientFrame): void {
    if (frame.type !== 'hello') throw new ProtocolError('the first frame is not hello')
    this.#started = true
    const [min, max] = frame.versions
    if (min > protocolVersion || max < protocolVersion)
      throw new ProtocolError('no common version of the protocol', CloseCode.version)
    if (this.#node.draining) return this.#link.close(CloseCode.goingAway, 'the hub is shutting down')
    this.#node.router.arrivals.add(this)
    authenticate(this.#node, this.#link, { token: frame.token, signal: this.#aborter.signal }, (outcome) => {
      if (this.#cancelled) return
      if ('code' in outcome) this.#link.close(outcome.code, outcome.reason)
      else this.#resume(frame, outcome.user)
    })
  }

  #resume(hello: HelloFrame, user: User): void {
    const { backplane, resumes, runtime, timeouts } = this.#node
    const secret = runtime.id(secretLength)
    if (hello.session === null) return this.#fresh(hello, user, secret)
    if (resumes.take(rateKey(user, this.#link.handshake.remoteAddress), runtime.now()) > 0)
      return this.#link.close(CloseCode.rateLimited, 'too many attempts to resume')
    const { id, n } = hello.session
    const attempted = { user: user.id, secret: sha256(hello.session.secret), n, next: sha256(secret) }
    attempt(
      () => backplane.sessions.take(id, attempted, timeouts.session),
      (taken) => {
        if (!this.#cancelled) this.#taken(hello, user, secret, taken)
      },
      (error) => this.#failed(error),
    )
  }

  #taken(hello: HelloFrame, user: User, secret: string, taken: TakeResult): void {
    if (taken.outcome === 'stale') return this.#overtaken()
    if (taken.outcome === 'unknown' || hello.session === null) return this.#fresh(hello, user, secret)
    const { id } = hello.session
    const { generation, lastRef } = taken
    const older = this.#node.router.sessions.get(id)
    // The store's answers may come in another order than it gave them.
    if (older !== undefined && older.generation > generation) return this.#overtaken()
    const session = new Session(this.#node, this.#link, {
      id,
      user,
      generation,
      // What the older connection has used since it was last noted is known only to itself.
      lastRef: Math.max(lastRef, older?.lastRef ?? 0),
      resumed: true,
      older,
    })
    // The newest connection wins, also over one that is still waiting for its welcome (P-HS-5).
    older?.replace()
    const takeover: Takeover = { takeover: id, generation }
    attempt(
      () => this.#node.backplane.publish(sessionChannel, takeover),
      () => {},
      (error) => this.#node.fault({ error, source: 'backplane', session: id }),
    )
    this.#welcome(hello, session, secret)
  }

  #overtaken(): void {
    this.#link.close(CloseCode.goingAway, 'a newer attempt to resume was made')
  }

  #fresh(hello: HelloFrame, user: User, secret: string): void {
    const { backplane, runtime, timeouts } = this.#node
    const id = runtime.id(sessionIdLength)
    attempt(
      () => backplane.sessions.put({ id, user: user.id, secret: sha256(secret) }, timeouts.session),
      () => {
        if (this.#cancelled) return
        const origin = { id, user, generation: 1, lastRef: 0, resumed: false, older: undefined }
        this.#welcome(hello, new Session(this.#node, this.#link, origin), secret)
      },
      (error) => this.#failed(error),
    )
  }

  #welcome(hello: HelloFrame, session: Session, secret: string): void {
    this.#node.router.arrivals.delete(this)
    const kicked = this.#kicked.get(session.inbox) ?? this.#kicked.get(`~${session.id}`)
    if (kicked !== undefined) return session.close(CloseCode.kicked, kicked)
    this.#session = session
    this.#node.router.claim(session)
    new Welcome(session, secret, {
      cancelled: () => this.#cancelled,
      failed: (error) => this.#failed(error),
    }).start(hello)
  }

  #failed(error: unknown): void {
    if (this.#cancelled) return
    this.#node.fault({ error, source: 'backplane' })
    this.#link.close(CloseCode.backplaneLost, 'unable to open the session')
  }
}
