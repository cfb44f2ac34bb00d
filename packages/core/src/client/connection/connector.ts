import type { HubFrame, WelcomeFrame } from '../../protocol/hub-frames.ts'
import { jsonProtocol } from '../../protocol/json.ts'
import { stableAfter } from '../../protocol/limits.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { type Aborter, createAborter } from '../../runtime/signal.ts'
import type { Connection, Dialer } from '../../transport/connection.ts'
import { CloseCode, mayReconnect } from '../../vocabulary/close-codes.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Token } from '../options.ts'
import type { ClientStatus } from '../types.ts'
import { backoff } from './backoff.ts'
import { ClientConnection, type LinkOwner } from './client-connection.ts'
import { closeError } from './close-error.ts'

/** Who a connector works for. */
export interface ConnectorHost {
  /** The first frame of a connection. Whatever arrives on an older one counts no more. */
  hello(token: string | null): string
  /** The handshake is done. */
  welcomed(welcome: WelcomeFrame): void
  /** A frame of the current connection. */
  received(frame: HubFrame): void
  /** There is room for more. */
  writable(): void
  /** The current connection is gone: what is unanswered stays so until the next. */
  lost(): void
  /** The status has changed. `closed` is final. */
  changed(status: ClientStatus, error: ChatError | undefined): void
  fault(error: unknown, subject: string): void
}

/** How a connector is set up. */
export interface ConnectorOptions {
  readonly dial: Dialer
  readonly runtime: Runtime
  readonly token: Token
  readonly connectTimeout: number
}

/** Which status may follow which. */
const transitions: Readonly<Record<ClientStatus, readonly ClientStatus[]>> = {
  connecting: ['connected', 'reconnecting', 'closed'],
  connected: ['reconnecting', 'closed'],
  reconnecting: ['connected', 'closed'],
  closed: [],
}

/**
 * Keeps a client connected: fetches a token, dials, says hello, and comes back with growing patience when a connection is lost. It decides
 * when to try again and when never to.
 *
 * @internal
 */
export class Connector implements LinkOwner {
  readonly #options: ConnectorOptions
  readonly #host: ConnectorHost
  #status: ClientStatus = 'connecting'
  /** The connection whose frames count: from its hello on. */
  #current: ClientConnection | null = null
  #welcomed = false
  /** The one before, until the new one is welcomed (P-LV-5). */
  #retired: ClientConnection | null = null
  #dialling: Aborter | null = null
  #deadline: Undo | null = null
  #retry: Undo | null = null
  #stable: Undo | null = null
  #failures = 0
  /** Why the current connection was given up, when that was this side's doing. */
  #cause: ChatError | null = null

  constructor(options: ConnectorOptions, host: ConnectorHost) {
    this.#options = options
    this.#host = host
  }

  get status(): ClientStatus {
    return this.#status
  }

  /** The connection that frames can be written to; `null` while there is none, or it takes nothing new. */
  get writable(): ClientConnection | null {
    const link = this.#current
    return link !== null && this.#welcomed && !link.leaving ? link : null
  }

  /** The welcomed connection, also while it is being left. */
  get live(): ClientConnection | null {
    return this.#welcomed ? this.#current : null
  }

  /** What comes to nothing when the current connection ends. */
  get #aim(): string {
    return `unable to ${this.#welcomed ? 'stay connected' : 'connect'}`
  }

  /** Starts to connect; also at once instead of at the end of a wait. */
  connect(): void {
    if (this.#status === 'closed' || this.#dialling !== null) return
    if (this.#current !== null && !this.#current.leaving) return
    this.#attempt()
  }

  /** Connects anew, and leaves the present connection when the new one takes its place. If there is none in the end, it stays. */
  move(): void {
    if (this.#status === 'connected' && this.#dialling === null) this.#attempt()
  }

  #attempt(): void {
    this.#retry?.()
    this.#retry = null
    const aborter = createAborter()
    this.#dialling = aborter
    this.#deadline = this.#options.runtime.timer(this.#options.connectTimeout, () =>
      this.#failed(new ChatError('timeout', 'unable to connect: no welcome in time')),
    )
    const { token } = this.#options
    attempt(
      () => (typeof token === 'function' ? token() : token),
      (value) => {
        if (this.#dialling === aborter) this.#dial(aborter, value)
      },
      (error) => {
        if (this.#dialling !== aborter) return
        this.#host.fault(error, 'token')
        this.#failed(
          new ChatError('unauthorized', 'unable to connect: no token could be had', { cause: error }),
        )
      },
    )
  }

  /** Ends for good, as the application wants it. */
  close(): void {
    if (this.#status === 'closed') return
    this.#stop()
    this.#retired?.close(CloseCode.normal, '')
    const link = this.#current
    this.#current = null
    this.#change('closed', undefined)
    link?.close(CloseCode.normal, '')
  }

  /** Gives the current connection up, as one that is dead without having said so. */
  drop(reason: string): void {
    const link = this.#current
    if (link === null) return
    this.#cause = new ChatError('unavailable', `${this.#aim}: ${reason}`)
    link.connection.abort(this.#cause)
  }

  received(link: ClientConnection, frame: HubFrame): void {
    if (link !== this.#current) return
    if (frame.type === 'welcome') this.#welcome(link, frame)
    else if (!this.#welcomed) this.broken(link, new Error('the first frame is not welcome'))
    else if (frame.type === 'bye') this.#bye(link, frame.retryAfter)
    else this.#host.received(frame)
  }

  drained(link: ClientConnection): void {
    if (link === this.#current) this.#host.writable()
  }

  ended(link: ClientConnection, code: number, reason: string): void {
    if (link === this.#retired) this.#retired = null
    if (link !== this.#current) return
    const welcomed = this.#welcomed
    const error = this.#cause ?? closeError(this.#aim, code, reason)
    this.#cause = null
    this.#current = null
    this.#welcomed = false
    if (this.#final(code, welcomed)) {
      this.#stop()
      return this.#change('closed', error)
    }
    if (welcomed) this.#host.lost()
    // After a `bye` the next connection may be under way already.
    if (this.#dialling !== null) this.#change('reconnecting', error)
    else this.#again(error, link)
  }

  broken(link: ClientConnection, error: unknown): void {
    if (link !== this.#current) return
    this.#cause = new ChatError('unavailable', `${this.#aim}: the hub broke the protocol`, { cause: error })
    this.#host.fault(error, 'protocol')
    link.connection.abort(this.#cause ?? new Error('not wanted any more'))
  }

  /** 4010 is worth another try only with another token, and not right after one (P-HS-3). */
  #final(code: number, welcomed: boolean): boolean {
    if (code === CloseCode.expired) return typeof this.#options.token !== 'function' || !welcomed
    return !mayReconnect(code)
  }

  #dial(aborter: Aborter, token: string | null): void {
    attempt(
      () => this.#options.dial({ protocols: [jsonProtocol], signal: aborter.signal }),
      (connection) => {
        if (this.#dialling === aborter) this.#hello(connection, token)
        else connection.abort(new Error('not wanted any more'))
      },
      (cause) => {
        if (this.#dialling !== aborter) return
        this.#failed(
          cause instanceof ChatError ? cause : new ChatError('unavailable', 'unable to connect', { cause }),
        )
      },
    )
  }

  #hello(connection: Connection, token: string | null): void {
    this.#dialling = null
    const old = this.#current
    const link = new ClientConnection(connection, this.#options.runtime, this)
    this.#current = link
    this.#welcomed = false
    if (old !== null) {
      this.#retired = old
      this.#host.lost()
      this.#change('reconnecting', undefined)
    }
    link.write(this.#host.hello(token))
    link.flush()
    link.attach()
  }

  #welcome(link: ClientConnection, welcome: WelcomeFrame): void {
    if (this.#welcomed) return this.broken(link, new Error('a second welcome'))
    this.#welcomed = true
    this.#deadline?.()
    this.#deadline = null
    this.#stable?.()
    this.#stable = this.#options.runtime.timer(stableAfter, () => {
      this.#failures = 0
    })
    link.limit = welcome.limits.transmission
    this.#retired?.close(CloseCode.normal, '')
    this.#host.welcomed(welcome)
    this.#change('connected', undefined)
    this.#host.writable()
  }

  /** The hub is about to close: come back at the close or after `retryAfter`, whichever is first (P-LV-5). */
  #bye(link: ClientConnection, retryAfter: number | undefined): void {
    if (link.leaving) return
    const { runtime } = this.#options
    link.leaving = true
    if (retryAfter === undefined) return
    link.leaveAt = runtime.now() + retryAfter
    this.#retry = runtime.timer(retryAfter, () => this.connect())
  }

  #failed(error: ChatError): void {
    const link = this.#current
    this.#stop()
    // The hub that has said `bye` is still there: that it takes nobody any more is no failure, and its close will tell when to try again.
    if (link !== null && this.#welcomed) return this.#later(error)
    if (link !== null) {
      this.#current = null
      link.connection.abort(error)
    }
    this.#again(error, null)
  }

  /** Waits, and connects again. `lost` is the connection that has just ended, when there was one. */
  #again(error: ChatError, lost: ClientConnection | null): void {
    if (this.#status === 'closed') return
    const { runtime } = this.#options
    this.#stop()
    // A loss without a word hints at trouble for everyone: the first wait is longer.
    if (lost?.leaving !== true && this.#failures === 0) this.#failures = 1
    const announced = Math.max(0, (lost?.leaveAt ?? Number.POSITIVE_INFINITY) - runtime.now())
    this.#later(error, announced)
    this.#failures++
    // Only a change is a status; that it goes on is an error among others.
    if (this.#status === 'reconnecting') this.#host.fault(error, 'connect')
    else this.#change('reconnecting', error)
  }

  #later(error: ChatError, most: number = Number.POSITIVE_INFINITY): void {
    const { runtime } = this.#options
    const delay = error.retryAfter ?? Math.min(most, backoff(this.#failures, runtime.random()))
    this.#retry = runtime.timer(delay, () => this.connect())
  }

  #stop(): void {
    this.#dialling?.abort(new Error('not wanted any more'))
    this.#dialling = null
    for (const cancel of [this.#deadline, this.#stable, this.#retry]) cancel?.()
    this.#deadline = null
    this.#stable = null
    this.#retry = null
  }

  #change(status: ClientStatus, error: ChatError | undefined): void {
    if (!transitions[this.#status].includes(status)) return
    this.#status = status
    this.#host.changed(status, error)
  }
}
