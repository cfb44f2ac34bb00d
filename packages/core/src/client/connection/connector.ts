import { type ByeFrame, durationOf, type HubFrame, type Welcome } from '../../protocol/hub-frames.ts'
import { jsonProtocol } from '../../protocol/json.ts'
import { reconnectDelay, stableAfter } from '../../protocol/limits.ts'
import { Alarm } from '../../runtime/alarm.ts'
import { type Aborter, abortion, createAborter } from '../../runtime/signal.ts'
import type { Connection, Dialer } from '../../transport/connection.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { expiredClose, mayReconnect, normalClose, rateLimitedClose } from '../../vocabulary/close-codes.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { ClientContext } from '../context.ts'
import type { Token } from '../options.ts'
import type { ClientStatus } from '../types.ts'
import { backoff } from './backoff.ts'
import { ClientConnection, type ConnectionListener } from './client-connection.ts'
import { closeError } from './close-error.ts'
import { fetchToken } from './fetch-token.ts'

/** Session that a {@link Connector} keeps connected. */
export interface ConnectedSession {
  /** Returns the first frame of a connection. From this call on, frames of older connections are dropped. */
  createHello(token: string | null): string
  /** The hub has accepted the `hello`. */
  welcomed(welcome: Welcome): void
  /** A frame of the current connection has arrived; `null` for a frame that this version does not know. */
  received(frame: HubFrame | null): void
  /** Operations may be written: the connection is new, or accepts frames again. */
  writable(): void
  /** The current connection is gone; operations without an answer wait for the next connection. */
  lost(): void
  /** The status has changed. `closed` is final. */
  statusChanged(status: ClientStatus, error?: ChatError): void
}

/** Options of a {@link Connector}. */
export interface ConnectorOptions {
  readonly dial: Dialer
  readonly token: Token
  /** Maximum time from dialling to the `welcome`, in milliseconds. */
  readonly connectTimeout: number
}

/**
 * Keeps a client connected: fetches a token, dials, says hello, and connects again with growing delays when a
 * connection is lost. Decides when to try again, and when to stop for good.
 */
export class Connector implements ConnectionListener {
  readonly #context: ClientContext
  readonly #options: ConnectorOptions
  readonly #session: ConnectedSession
  #status: ClientStatus = 'connecting'
  /** `true` while the platform has no network, as far as no connection proves the contrary. */
  #offline = false
  /** The connection whose frames count: from its `hello` on. */
  #current: ClientConnection | null = null
  /** The previous connection, until the new connection is welcomed (P-LV-5). */
  #retired: ClientConnection | null = null
  #dialling: Aborter | null = null
  /** Wait for the `welcome`. */
  readonly #deadline: Alarm
  /** Wait for the next attempt. */
  readonly #retry: Alarm
  /** Wait until a connection counts as stable. */
  readonly #stable: Alarm
  #failures = 0
  /** Time of the first failure since the last stable connection. */
  #lostAt: number
  /** Time before which the hub does not want to see this client, which was over a limit. */
  #notBefore = 0
  /** Error for which the client is closed; `null` when the application has closed it. */
  #end: ChatError | null = null

  constructor(context: ClientContext, options: ConnectorOptions, session: ConnectedSession) {
    const { runtime } = context
    this.#context = context
    this.#options = options
    this.#session = session
    this.#deadline = new Alarm(runtime)
    this.#retry = new Alarm(runtime)
    this.#stable = new Alarm(runtime)
    this.#lostAt = runtime.now()
  }

  get status(): ClientStatus {
    return this.#offline && this.#status !== 'closed' ? 'offline' : this.#status
  }

  /** @throws UsageError when the client is closed; it tells why. */
  checkOpen(operation: string): void {
    if (this.#status !== 'closed') return
    const reason = this.#end === null ? '' : `, because it was ${this.#end.message}`
    throw new UsageError(`unable to ${operation}: the client is closed${reason}; make a new client`, {
      cause: this.#end ?? undefined,
    })
  }

  /** The connection for new operations; `null` while there is none, or after the hub's `bye`. */
  get writable(): ClientConnection | null {
    return this.live?.leaving === false ? this.live : null
  }

  /** The welcomed connection, also after the hub's `bye`. */
  get live(): ClientConnection | null {
    return this.#current?.welcomed === true ? this.#current : null
  }

  /** Wait until the next attempt, in milliseconds; `null` while there is none. */
  get retryIn(): number | null {
    return this.#retry.left
  }

  /** Takes the platform's word, or a proof, that there is a network, or none. */
  setOnline(online: boolean): void {
    const shown = this.status
    this.#offline = !online
    if (this.status !== shown) this.#session.statusChanged(this.status)
  }

  /** Connects now, in the middle of a wait, unless the hub has forbidden that (P-LV-8). */
  wake(): void {
    if (this.#context.runtime.now() >= this.#notBefore) this.connect()
  }

  /** Connects now. */
  connect(): void {
    if (this.#status === 'closed' || this.#dialling !== null) return
    if (this.#current === null || this.#current.leaving) this.#attempt()
  }

  /**
   * Connects anew, and leaves the present connection when the new connection is welcomed. When the attempt
   * fails, the present connection stays.
   */
  move(): void {
    if (this.#status === 'connected' && this.#dialling === null) this.#attempt()
  }

  /** Ends for good, for the application. */
  close(): void {
    if (this.#status === 'closed') return
    this.#stop()
    this.#retired?.close(normalClose, '')
    const current = this.#current
    this.#current = null
    this.#change('closed')
    current?.close(normalClose, '')
  }

  received(connection: ClientConnection, frame: HubFrame | null): void {
    if (connection !== this.#current) return
    if (frame?.[0] === 'welcome') this.#welcome(connection, frame[1])
    else if (frame?.[0] === 'bye') this.#bye(connection, frame)
    else if (connection.welcomed) this.#session.received(frame)
    else this.broken(connection, new Error('the first frame is not welcome'))
  }

  drained(connection: ClientConnection): void {
    if (connection === this.#current) this.#session.writable()
  }

  ended(connection: ClientConnection, code: number, reason: string): void {
    if (connection === this.#retired) this.#retired = null
    if (connection !== this.#current) return
    this.#current = null
    // Only a client that was over a limit must not come back before the announced time (P-LV-8).
    const retryAfter = code === rateLimitedClose ? this.#announced(connection) : undefined
    const text = reason === '' ? `code ${code}` : `${reason} (code ${code})`
    const error = connection.cause ?? closeError(code, `${unableTo(connection)}: ${text}`, retryAfter)
    if (this.#final(connection, code)) {
      this.#stop()
      this.#end = error
      return this.#change('closed', error)
    }
    if (connection.welcomed) this.#session.lost()
    // After a `bye` the client may already dial the next connection.
    if (this.#dialling === null) this.#again(error, connection)
    else this.#change('reconnecting', error)
  }

  broken(connection: ClientConnection, cause: unknown): void {
    if (connection !== this.#current) return
    this.#context.reportError(cause, 'protocol')
    const message = `${unableTo(connection)}: the hub broke the protocol`
    connection.abort(new ChatError('unavailable', message, { cause }))
  }

  /**
   * After 4010 the client connects again only with a function for tokens, and not when the new token was
   * refused at once (P-HS-3).
   */
  #final({ welcomed }: ClientConnection, code: number): boolean {
    if (code === expiredClose) return typeof this.#options.token !== 'function' || !welcomed
    return !mayReconnect(code)
  }

  #attempt(): void {
    this.#retry.clear()
    const aborter = createAborter()
    this.#dialling = aborter
    this.#deadline.set(this.#options.connectTimeout, () =>
      this.#failed(new ChatError('timeout', 'unable to connect: the hub sent no welcome in time')),
    )
    this.#dial(aborter.signal).then(
      ([connection, token]) => {
        if (this.#dialling === aborter) this.#hello(connection, token)
        else connection.abort(unwanted())
      },
      (cause) => {
        if (this.#dialling !== aborter) return
        this.#failed(
          cause instanceof ChatError ? cause : new ChatError('unavailable', 'unable to connect', { cause }),
        )
      },
    )
  }

  async #dial(signal: AbortSignal): Promise<[Connection, token: string | null]> {
    const { dial, token } = this.#options
    const fetched = await fetchToken(token).catch((cause: unknown) => {
      if (abortion(signal) === null) this.#context.reportError(cause, 'token')
      throw new ChatError('unauthorized', 'unable to connect: the token could not be fetched', { cause })
    })
    if (abortion(signal) !== null) throw unwanted()
    const connection: Partial<Connection> | undefined = await dial({ protocols: [jsonProtocol], signal })
    if (typeof connection?.attach === 'function') return [connection as Connection, fetched]
    const error = new UsageError(`unable to connect: 'dial' gave no connection, but ${describe(connection)}`)
    this.#context.reportError(error, 'dial')
    throw error
  }

  #hello(connection: Connection, token: string | null): void {
    this.#dialling = null
    const old = this.#current
    const current = new ClientConnection(connection, this.#context.runtime, this)
    this.#current = current
    if (old !== null) {
      this.#retired = old
      this.#session.lost()
      this.#change('reconnecting')
    }
    current.write(this.#session.createHello(token))
    current.flush()
    current.attach()
  }

  #welcome(connection: ClientConnection, welcome: Welcome): void {
    if (connection.welcomed) return this.broken(connection, new Error('a second welcome'))
    connection.welcomed = true
    connection.limit = welcome.limits.transmission
    this.#deadline.clear()
    this.#stable.set(stableAfter, () => {
      this.#failures = 0
    })
    this.#retired?.close(normalClose, '')
    this.#session.welcomed(welcome)
    this.#change('connected')
    this.#session.writable()
  }

  /**
   * The hub will close the connection: the client connects again at the close or after `retryAfter`,
   * whichever is first (P-LV-5). A `bye` on a connection that is not yet stable counts as a failure, so that
   * a hub that sends its clients away again and again is dialled ever more slowly.
   */
  #bye(connection: ClientConnection, [, code, , extra]: ByeFrame): void {
    if (connection.leaving) return
    const retryAfter = durationOf((extra as { readonly retryAfter?: unknown } | null | undefined)?.retryAfter)
    connection.leaving = true
    // A hub that names no time may never close.
    if (retryAfter === undefined) return this.#wait(reconnectDelay.max)
    const least = this.#failures === 0 ? reconnectDelay.least : this.#backoff()
    if (!connection.welcomed || this.#stable.left !== null) this.#failures++
    const delay = Math.max(Math.min(retryAfter, reconnectDelay.longest), least)
    connection.leaveAt = this.#context.runtime.now() + delay
    if (code === rateLimitedClose) this.#notBefore = connection.leaveAt
    this.#wait(delay)
  }

  #failed(error: ChatError): void {
    const current = this.#current
    this.#stop()
    // The present connection still works, for example after a `bye`: a failed attempt beside it does not
    // count.
    if (current?.welcomed === true) this.#retryLater(error, null)
    else if (current === null) this.#again(error, null)
    else current.abort(error)
  }

  /** Waits, and connects again. `lost` is the connection that has just ended, if any. */
  #again(error: ChatError, lost: ClientConnection | null): void {
    if (this.#status === 'closed') return
    this.#stop()
    if (this.#failures === 0) {
      this.#lostAt = this.#context.runtime.now()
      // A loss without `bye` hints at trouble for many clients: the first wait is longer.
      if (lost?.leaving !== true) this.#failures = 1
    }
    this.#retryLater(error, lost)
    this.#failures++
    // A further failed attempt is no change of status, so it is only reported.
    if (this.#status === 'reconnecting') this.#context.reportError(error, 'connect')
    else this.#change('reconnecting', error)
  }

  /** Returns the time that is left of the `retryAfter` of a `bye`; `undefined` for none. */
  #announced({ leaveAt }: ClientConnection): number | undefined {
    return leaveAt === undefined ? undefined : Math.max(0, leaveAt - this.#context.runtime.now())
  }

  #retryLater(error: ChatError, lost: ClientConnection | null): void {
    const wait = this.#backoff()
    const announced = lost === null ? undefined : this.#announced(lost)
    const delay = error.retryAfter ?? Math.min(announced ?? wait, wait)
    this.#wait(Math.max(reconnectDelay.least, Math.min(delay, reconnectDelay.longest)))
  }

  /** Connects after `delay` milliseconds. */
  #wait(delay: number): void {
    this.#retry.set(delay, () => this.connect())
  }

  /** Returns the wait before the next attempt. Most outages are short, so the first minute has a cap of its own. */
  #backoff(): number {
    const { runtime } = this.#context
    const early = runtime.now() - this.#lostAt < reconnectDelay.early
    return backoff(this.#failures, runtime.random(), early ? reconnectDelay.earlyMax : reconnectDelay.max)
  }

  #stop(): void {
    this.#dialling?.abort(unwanted())
    this.#dialling = null
    this.#deadline.clear()
    this.#retry.clear()
    this.#stable.clear()
  }

  #change(status: ClientStatus, error?: ChatError): void {
    if (this.#status === 'closed') return
    const shown = this.status
    this.#status = status
    // A welcome proves that there is a network.
    if (status === 'connected') this.#offline = false
    if (this.status !== shown) this.#session.statusChanged(this.status, error)
  }
}

/** Start of the error when a connection ends. */
const unableTo = ({ welcomed }: ClientConnection): string =>
  `unable to ${welcomed ? 'stay connected' : 'connect'}`

const unwanted = (): Error => new Error('the connection is no longer needed')
