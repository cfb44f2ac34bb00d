import { ChatError, type ConnectionHints, type Undo } from '@chat/core'
import type { BaseConnection, ClientRuntime, Connection, Dialer, DialOptions } from '@chat/core/transport'
import type { BlockedMemory } from './blocked-memory.ts'

/** Options of a {@link FallbackDialer}. Durations in milliseconds. */
export interface FallbackDialerOptions {
  readonly webSocket: (options: DialOptions) => Promise<BaseConnection>
  readonly http: Dialer
  readonly runtime: ClientRuntime
  readonly memory: BlockedMemory
  /** Maximum time until a WebSocket opens. */
  readonly timeout: number
  /** First wait before WebSocket is tried again, after HTTP had to be used. */
  readonly retry: number
}

/**
 * Ratio of the longest wait to the first wait. Where WebSocket has worked before, the wait starts at the
 * first wait divided by this.
 */
const range = 32

/**
 * Dialer over two transports to one hub: WebSocket, and HTTP where WebSocket is blocked. The results of
 * earlier attempts decide which transport goes first; the other follows at once. A client that changes its
 * transport resumes, as after any lost connection, so this dialer knows no messages.
 */
export class FallbackDialer {
  readonly #options: FallbackDialerOptions
  /** Ends the wait for the next probe, and the probe itself. */
  #stopProbe: () => void = () => {}
  /**
   * `true` while HTTP goes first, until the time `#until`. A lost connection over HTTP does not move that
   * time.
   */
  #blocked: boolean
  #until: number
  /** Wait of the next block. */
  #wait: number
  /** Last WebSocket that a client got. */
  #latest: Connection | null = null
  /** WebSocket that has opened while the client was connected over HTTP. */
  #spare: BaseConnection | null = null
  #client: ConnectionHints | null = null

  constructor(options: FallbackDialerOptions) {
    const { memory, retry, runtime } = options
    this.#options = options
    this.#blocked = memory.blocked
    this.#wait = retry
    this.#until = runtime.now() + retry
  }

  /** Connects over one of the transports. */
  async dial(options: DialOptions): Promise<Connection> {
    this.#stopProbe()
    const spare = this.#spare
    this.#spare = null
    if (spare?.state === 'open') return this.#useWebSocket(spare)
    this.#judge()
    const httpFirst = this.#httpFirst
    try {
      return await (httpFirst ? this.#overHttp(options) : this.#overWebSocket(options))
    } catch (error) {
      if (options.signal.aborted) {
        // The client gave up before the second transport was tried, so its next attempt starts with that.
        if (httpFirst) this.#blocked = false
        else this.#block()
        throw options.signal.reason
      }
      return httpFirst ? this.#overWebSocket(options) : this.#httpInstead(options, error)
    }
  }

  /** Moves a client from HTTP to a WebSocket when one opens, until the returned function is called. */
  attach(client: ConnectionHints): Undo {
    this.#client = client
    return () => {
      this.#client = null
      this.#stopProbe()
      this.#spare?.abort(new Error('the client was closed'))
    }
  }

  /** A WebSocket that opened and received no data was dropped by a proxy, and given up by the client. */
  #judge(): void {
    if (this.#latest === null) return
    if (this.#latest.received === 0) this.#block()
    else this.#wait = this.#options.retry / range
    this.#latest = null
  }

  /** Puts HTTP first for a while. */
  #block(): void {
    const { runtime, retry } = this.#options
    this.#blocked = true
    this.#until = runtime.now() + this.#wait
    this.#wait = Math.min(this.#wait * 2, retry * range)
  }

  get #httpFirst(): boolean {
    return this.#blocked && this.#options.runtime.now() < this.#until
  }

  async #overWebSocket(options: DialOptions): Promise<Connection> {
    return this.#useWebSocket(await this.#openWebSocket(options))
  }

  #useWebSocket(connection: Connection): Connection {
    this.#latest = connection
    this.#blocked = false
    this.#options.memory.blocked = false
    return connection
  }

  async #overHttp(options: DialOptions): Promise<Connection> {
    const connection = await this.#options.http(options)
    this.#options.memory.blocked = true
    if (!this.#httpFirst) this.#block()
    this.#scheduleProbe(options)
    return connection
  }

  /**
   * Follows a failed WebSocket. A browser does not tell why a WebSocket failed, so the error of HTTP is
   * better, except `not_found`: the server has no HTTP handler.
   */
  async #httpInstead(options: DialOptions, cause: unknown): Promise<Connection> {
    try {
      return await this.#overHttp(options)
    } catch (error) {
      throw error instanceof ChatError && error.code === 'not_found' ? cause : error
    }
  }

  /** Opens a WebSocket within the timeout. */
  async #openWebSocket({ protocols, signal }: DialOptions): Promise<BaseConnection> {
    const { webSocket, runtime, timeout } = this.#options
    signal.throwIfAborted()
    const aborter = new AbortController()
    const cancelTimeout = runtime.timer(timeout, () =>
      aborter.abort(new ChatError('timeout', 'unable to connect: the WebSocket did not open in time')),
    )
    const giveUp = (): void => aborter.abort(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await webSocket({ protocols, signal: aborter.signal })
    } finally {
      cancelTimeout()
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Schedules a probe: another network or proxy may let WebSockets through later. */
  #scheduleProbe({ protocols }: DialOptions): void {
    const { runtime } = this.#options
    const stop = new AbortController()
    const options = { protocols, signal: stop.signal }
    const cancel = runtime.timer(this.#until - runtime.now(), () => void this.#probe(options))
    this.#stopProbe = () => {
      cancel()
      stop.abort()
    }
  }

  async #probe(options: DialOptions): Promise<void> {
    if (this.#client === null) return
    const connection = await this.#openWebSocket(options).catch(() => null)
    if (options.signal.aborted) connection?.abort(options.signal.reason)
    else if (connection === null) {
      this.#block()
      this.#scheduleProbe(options)
    } else {
      this.#spare = connection
      this.#client.move()
    }
  }
}
