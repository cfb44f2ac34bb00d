import { isName } from '../address.ts'
import type { Taken } from '../backplane/backplane.ts'
import { CloseCode } from '../close-codes.ts'
import { ChatError } from '../errors.ts'
import type { ClientFrame, HelloFrame } from '../protocol/client-frames.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { isPromise } from '../runtime/emitter.ts'
import { sha256 } from '../runtime/hash.ts'
import { attempt } from '../runtime/later.ts'
import { type Aborter, createAborter } from '../runtime/signal.ts'
import type { Link } from './link.ts'
import type { Node } from './node.ts'
import type { Credentials, User } from './options.ts'
import { inTime } from './policy.ts'
import { Session } from './session.ts'
import { welcome } from './welcome.ts'

const protocolVersion = 1
const idLength = 12
const secretLength = 24

/**
 * From the first frame to the `welcome`: version, credentials, the session, and then its streams. Each step may take its time; a link that ends
 * meanwhile cancels the rest.
 *
 * @internal
 */
export class Handshaker {
  readonly #node: Node
  readonly #link: Link
  readonly #aborter: Aborter = createAborter()
  #session: Session | null = null
  #started = false
  #cancelled = false

  constructor(node: Node, link: Link) {
    this.#node = node
    this.#link = link
  }

  get started(): boolean {
    return this.#started
  }

  cancel(): void {
    this.#cancelled = true
    if (this.#session !== null) this.#node.router.remove(this.#session)
    this.#aborter.abort(new Error('the connection has ended'))
  }

  /** @throws ProtocolError when the frame is no `hello` (P-HS-1). */
  start(frame: ClientFrame): void {
    if (frame.type !== 'hello') throw new ProtocolError('the first frame is not hello')
    this.#started = true
    const [min, max] = frame.versions
    if (min > protocolVersion || max < protocolVersion)
      throw new ProtocolError('no common version of the protocol', CloseCode.version)
    if (this.#node.draining) return this.#link.close(CloseCode.goingAway, 'the hub is shutting down')
    authenticate(this.#node, this.#link, frame.token, this.#aborter.signal, (outcome) => {
      if (this.#cancelled) return
      if ('code' in outcome) this.#link.close(outcome.code, outcome.reason)
      else this.#resume(frame, outcome.user)
    })
  }

  #resume(hello: HelloFrame, user: User): void {
    const { backplane, resumes, runtime, timeouts } = this.#node
    const secret = runtime.id(secretLength)
    if (hello.session === null) return this.#fresh(hello, user, secret)
    if (resumes.take(user.id, runtime.now()) > 0)
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

  #taken(hello: HelloFrame, user: User, secret: string, taken: Taken): void {
    if (taken.outcome === 'stale')
      return this.#link.close(CloseCode.goingAway, 'a newer attempt to resume was made')
    if (taken.outcome === 'unknown' || hello.session === null) return this.#fresh(hello, user, secret)
    const { id } = hello.session
    const { generation, lastRef } = taken
    const older = this.#node.router.sessions.get(id)
    const session = new Session(this.#node, this.#link, {
      id,
      user,
      generation,
      lastRef,
      resumed: true,
      older,
    })
    // The newest connection wins, also over one that is still waiting for its welcome (P-HS-5).
    older?.replace()
    this.#welcome(hello, session, secret)
  }

  #fresh(hello: HelloFrame, user: User, secret: string): void {
    const { backplane, runtime, timeouts } = this.#node
    const id = runtime.id(idLength)
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
    this.#session = session
    this.#node.router.claim(session)
    welcome(
      this.#node,
      session,
      hello,
      secret,
      () => this.#cancelled,
      (error) => this.#failed(error),
    )
  }

  #failed(error: unknown): void {
    if (this.#cancelled) return
    this.#node.fault({ error, source: 'backplane' })
    this.#link.close(CloseCode.internal, 'unable to open the session')
  }
}

type Outcome = { readonly user: User } | { readonly code: CloseCode; readonly reason: string }

/**
 * Asks the application who presents a token (P-HS-3). The reasons say nothing of the why.
 *
 * @internal
 */
export function authenticate(
  node: Node,
  link: Link,
  token: string | null,
  signal: AbortSignal,
  then: (outcome: Outcome) => void,
): void {
  const { authenticate: ask } = node.options
  if (ask === undefined) {
    const error = new ChatError(
      'unauthorized',
      'unable to let anyone in: the hub has no `authenticate` option, which says who a client is',
    )
    node.fault({ error, source: 'policy' })
    return then({ code: CloseCode.unauthorized, reason: 'unauthorized' })
  }
  const credentials: Credentials = { ...link.handshake, token, extra: link.connection.extra, signal }
  const late = new ChatError('timeout', 'unable to authenticate: `authenticate` did not answer in time')
  attempt(
    () => {
      const user = ask(credentials)
      return isPromise(user) ? inTime(node, user, late) : user
    },
    (user) => then(checked(node, user)),
    (error) => {
      node.fault({ error, source: 'policy' })
      then({ code: CloseCode.internal, reason: 'unable to authenticate' })
    },
  )
}

function checked(node: Node, user: User | null): Outcome {
  if (user === null || user === undefined) return { code: CloseCode.unauthorized, reason: 'unauthorized' }
  if (typeof user.id !== 'string' || !isName(user.id)) {
    const error = new ChatError(
      'internal',
      'unable to authenticate: the user’s id must be 1–255 bytes of text without control characters',
    )
    node.fault({ error, source: 'policy' })
    return { code: CloseCode.internal, reason: 'unable to authenticate' }
  }
  if (user.expiresIn !== undefined && user.expiresIn <= 0)
    return { code: CloseCode.expired, reason: 'the credentials have expired' }
  return { user }
}
