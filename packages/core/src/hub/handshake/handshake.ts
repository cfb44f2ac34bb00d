import type { TakeResult } from '../../backplane/backplane.ts'
import type { ClientFrame, HelloFrame } from '../../protocol/client-frames.ts'
import { helloPatience, protocolVersion, secretLength, sessionIdLength } from '../../protocol/limits.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { sha256 } from '../../runtime/hash.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { LateAborter, onAbort } from '../../runtime/signal.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import type { Identity } from '../identity.ts'
import { allNodesChannel, nodeChannel } from '../nodes/node-channels.ts'
import type { Takeover } from '../nodes/takeover.ts'
import { authenticate } from '../policy/authenticate.ts'
import type { HubState } from '../sessions/hub-state.ts'
import { Session } from '../sessions/session.ts'
import type { SessionConnection } from '../sessions/session-connection.ts'
import type { PendingHandshake } from '../sessions/session-registry.ts'
import { Welcome } from './welcome.ts'

/** The answer to an attempt to resume a session that exists. */
type Known = Exclude<TakeResult, { outcome: 'unknown' }>

/** The session that a `hello` wants to resume. */
type ResumedSession = NonNullable<HelloFrame['session']>

/** The end of a connection. `byClient` is true when the client has closed it and does not come back. */
export interface ConnectionEnd {
  readonly code: number
  readonly reason: string
  readonly byClient: boolean
}

const notYetEnded: ConnectionEnd = {
  code: CloseCode.goingAway,
  reason: 'the connection has ended',
  byClient: false,
}

/** Work of a handshake without rooms, in the units of a turn. */
const unitsOfHello = 8

/**
 * The handshake of one connection, from its first frame to the `welcome`: version, credentials, session, and
 * then the streams. When the connection ends meanwhile, the remaining steps are cancelled.
 */
export class HubHandshake implements PendingHandshake {
  readonly #state: HubState
  readonly #connection: SessionConnection
  readonly #opened: (session: Session) => void
  readonly #aborter = new LateAborter()
  #session: Session | null = null
  #started = false
  #cancelled = false
  /** The end of the connection, for a session that is made only afterwards. */
  #end: ConnectionEnd = notYetEnded
  /** Addresses that the application has kicked since the handshake began, with the reasons. */
  #kicked: Map<string, string> | null = null

  /** @param opened - Called when the `welcome` is written. */
  constructor(state: HubState, connection: SessionConnection, opened: (session: Session) => void) {
    this.#state = state
    this.#connection = connection
    this.#opened = opened
  }

  /** True once the `hello` has arrived. */
  get started(): boolean {
    return this.#started
  }

  /** Called when the connection has ended. */
  cancel(end: ConnectionEnd): void {
    this.#cancelled = true
    this.#end = end
    this.#state.sessions.handshakes.delete(this)
    if (this.#session !== null) this.#abandon(this.#session)
    this.#aborter.abort(() => new Error('the connection has ended'))
  }

  kicked(address: string, reason: string): void {
    this.#kicked ??= new Map()
    this.#kicked.set(address, reason)
  }

  /** @throws ProtocolError when the frame is not a `hello` (P-HS-1), or there is no common version. */
  start(frame: ClientFrame): void {
    if (frame.type !== 'hello') throw new ProtocolError('the first frame is not hello')
    this.#started = true
    const [min, max] = frame.versions
    if (min > protocolVersion || max < protocolVersion)
      throw new ProtocolError('no common version of the protocol', CloseCode.version)
    const { context, sessions } = this.#state
    if (context.draining) return this.#connection.close(CloseCode.goingAway, 'the hub is shutting down')
    sessions.handshakes.add(this)
    this.#run(frame).catch((error) => this.#crash(error))
  }

  async #run(hello: HelloFrame): Promise<void> {
    const { context } = this.#state
    const presented = { token: hello.token, aborter: this.#aborter }
    const outcome = await authenticate(context, this.#connection, presented)
    if (this.#cancelled) return
    if ('code' in outcome) return this.#connection.close(outcome.code, outcome.reason)
    const excess = this.#connection.place.identify(outcome.payer)
    if (excess !== null) return this.#connection.refuse(excess.message, excess.retryAfter)
    await this.#takeTurn(hello)
    if (this.#cancelled) return
    const secret = context.runtime.id(secretLength)
    const session = await this.#openSession(hello, outcome, secret)
    if (session === null) return
    const welcome = new Welcome(session, secret, {
      isCancelled: () => this.#cancelled,
      onWritten: () => this.#opened(session),
    })
    const failure = await welcome.write(hello)
    if (failure !== null) this.#fail(failure.error)
  }

  /**
   * Resumes the session of a `hello`, or makes a fresh session. Resolves with `null` when the connection has
   * ended.
   */
  #openSession(hello: HelloFrame, identity: Identity, secret: string): Promise<Session | null> {
    if (hello.session === null) return this.#freshSession(hello, identity, secret)
    return this.#resumeSession(hello, hello.session, { identity, secret })
  }

  async #resumeSession(
    hello: HelloFrame,
    { id, secret: shown, n }: ResumedSession,
    { identity, secret }: { readonly identity: Identity; readonly secret: string },
  ): Promise<Session | null> {
    const { context, resumeRates, freeResumes } = this.#state
    const { backplane, runtime, timeouts } = context
    const wait = resumeRates.waitForToken(id, runtime.now())
    if (wait > 0) return this.#refuse('too many resumes of this session', wait)
    const attempted = {
      user: identity.id,
      secret: sha256(shown),
      n,
      next: sha256(secret),
      node: context.id,
    }
    let taken: TakeResult
    try {
      taken = await backplane.sessions.take(id, attempted, timeouts.session)
    } catch (error) {
      return this.#fail(error)
    }
    // From now on this node tells the end of the session, also if the handshake fails.
    if (taken.outcome === 'taken')
      this.#state.expiry.watch({
        session: id,
        user: identity.id,
        generation: taken.generation,
        node: context.id,
      })
    if (taken.outcome === 'unknown')
      return this.#cancelled ? null : await this.#freshSession(hello, identity, secret)
    // A client that comes back waits for no other: its session alone limits it. It pays when it comes back often:
    // a crowd that has lost its connections owes nothing, so that its replays do not wait for each other.
    resumeRates.charge(id, 1, runtime.now())
    if (freeResumes.takeToken(id, runtime.now()) > 0) this.#chargeHello(hello, identity)
    return this.#resumedSession(id, identity, taken)
  }

  /** Makes a fresh session, once its payer owes nothing for earlier ones (P-LV-7). */
  async #freshSession(hello: HelloFrame, identity: Identity, secret: string): Promise<Session | null> {
    const { backplane, id: node, runtime, timeouts } = this.#state.context
    const wait = this.#state.catchUpRates.waitForToken(identity.account, runtime.now())
    if (wait > helloPatience) return this.#refuse('too many new sessions', wait - helloPatience)
    this.#chargeHello(hello, identity)
    if (wait > 0) await this.#pause(wait)
    if (this.#cancelled) return null
    const id = runtime.id(sessionIdLength)
    try {
      await backplane.sessions.put({ id, user: identity.id, secret: sha256(secret) }, node, timeouts.session)
    } catch (error) {
      return this.#fail(error)
    }
    const origin = { id, identity, generation: 1, lastRef: 0, resumed: false, older: undefined }
    return this.#register(new Session(this.#state, this.#connection, origin))
  }

  /**
   * Makes the session and registers it in one synchronous step, so that two resumes of it cannot overtake
   * each other.
   */
  #resumedSession(id: string, identity: Identity, taken: Known): Session | null {
    const { context, sessions } = this.#state
    const older = sessions.get(id)
    // The store's answers may arrive in another order than the store has given them.
    if (taken.outcome === 'stale' || (older !== undefined && older.generation > taken.generation)) {
      if (!this.#cancelled) this.#connection.close(CloseCode.goingAway, 'a newer attempt to resume was made')
      return null
    }
    const { generation } = taken
    // The older connection knows refs that it has used since the record was last written.
    const lastRef = Math.max(taken.lastRef, older?.window.lastRef ?? 0)
    const origin = { id, identity, generation, lastRef, resumed: true, older }
    const session = new Session(this.#state, this.#connection, origin)
    if (this.#cancelled) return this.#abandon(session)
    // The newest connection wins, also over a connection that still waits for its welcome (P-HS-5).
    older?.replace()
    // A session of this node is in its registry: it needs no notice.
    if (taken.node !== context.id) this.#tellTakeover({ takeover: id, generation }, taken.node)
    return this.#register(session)
  }

  /** Tells the node that held a session that it was taken over; every node, when that node is unknown. */
  #tellTakeover(takeover: Takeover, node: string | null): void {
    const { context } = this.#state
    const channel = node === null ? allNodesChannel : nodeChannel(node)
    attempt(
      () => context.backplane.publish(channel, JSON.stringify(takeover)),
      () => {},
      (error) => context.reportError({ error, source: 'backplane', session: takeover.takeover }),
    )
  }

  /** Charges a unit, and a unit for each room of which the policy will be asked, and for each stream. */
  #chargeHello({ streams }: HelloFrame, identity: Identity): void {
    const { context, catchUpRates } = this.#state
    let rooms = 0
    let read = 0
    for (const address of streams.keys())
      if (address.startsWith('#')) rooms++
      else if (address.startsWith('^')) read++
    const { limits } = context
    const units = 1 + Math.min(rooms, limits.rooms) + Math.min(read, limits.streams)
    catchUpRates.charge(identity.account, units, context.runtime.now())
  }

  /** Resolves when the connection has its turn: at once while the turn has room. */
  #takeTurn({ streams }: HelloFrame): Promise<void> {
    const { turns, limits } = this.#state.context
    const units = unitsOfHello + Math.min(streams.size, limits.rooms)
    return new Promise((resolve) => turns.run(this.#connection.outbox, units, resolve))
  }

  /** Resolves after a time, or when the connection has ended. */
  #pause(time: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#state.context.runtime.timer(time, resolve)
      onAbort(this.#aborter.signal, () => {
        cancel()
        resolve()
      })
    })
  }

  /** Ends a handshake that comes too soon after others. Returns `null`, in place of a session. */
  #refuse(reason: string, retryAfter: number): null {
    this.#connection.refuse(reason, retryAfter)
    return null
  }

  /**
   * Registers the session. Returns `null` when the connection has ended, or the application has kicked the
   * session during the handshake.
   */
  #register(session: Session): Session | null {
    if (this.#cancelled) return this.#abandon(session)
    const { sessions } = this.#state
    sessions.handshakes.delete(this)
    this.#session = session
    const kicked = this.#kicked?.get(session.inbox) ?? this.#kicked?.get(`~${session.id}`)
    if (kicked !== undefined) {
      session.close(CloseCode.kicked, kicked)
      return null
    }
    sessions.add(session)
    return session
  }

  /** Ends a session that has no connection before its `welcome`. Its record is then that of an ended session. */
  #abandon(session: Session): null {
    this.#state.sessions.remove(session)
    const { code, reason, byClient } = this.#end
    session.end(code, reason, byClient)
    return null
  }

  /** Ends a handshake that the backplane cannot serve. Returns `null`, in place of a session. */
  #fail(error: unknown): null {
    if (this.#cancelled) return null
    this.#state.context.reportError({ error, source: 'backplane' })
    this.#connection.close(CloseCode.backplaneLost, 'unable to open the session')
    return null
  }

  /** Ends a handshake in which the hub itself has failed. The other connections go on. */
  #crash(error: unknown): void {
    if (this.#cancelled) return
    this.#state.context.reportError({ error, source: 'handler' })
    this.#connection.close(CloseCode.internal, 'the hub has failed')
  }
}
