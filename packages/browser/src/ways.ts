import { ChatError, type ConnectionHints, type Runtime, type Undo } from '@chat/core'
import type { BaseConnection, Connection, Dialer, DialOptions } from '@chat/core/transport'
import type { BlockedMemory } from './memory.ts'

/** What {@link Ways} chooses between, and how. */
export interface WaysOptions {
  readonly webSocket: (options: DialOptions) => Promise<BaseConnection>
  readonly http: Dialer
  readonly runtime: Runtime
  readonly memory: BlockedMemory
  /** How long a WebSocket may take to open, in milliseconds. */
  readonly timeout: number
  /** When to try it again after HTTP had to be taken, at first, in milliseconds. */
  readonly retry: number
}

/** The longest wait is so many times the first; and where WebSocket has worked before, it begins with as small a part of it. */
const range = 32

/**
 * Two ways to one hub: WebSocket, and HTTP where that is blocked. Which goes first depends on what came of them before, and the other one follows at once. Who goes from one
 * to the other resumes, as after any loss: the ways know nothing of messages.
 */
export class Ways {
  readonly #options: WaysOptions
  readonly #stop = new AbortController()
  /** Counts the dials: what a try finds counts only until the next. */
  #round = 0
  /** Whether HTTP goes first, and until when: a connection that is lost over HTTP does not put it off. */
  #blocked: boolean
  #until: number
  /** For how long the next time. */
  #wait: number
  /** The last WebSocket that was handed out. */
  #latest: Connection | null = null
  /** One that has opened while the client was connected over HTTP. */
  #spare: BaseConnection | null = null
  #client: ConnectionHints | null = null
  #next: Undo | null = null

  constructor(options: WaysOptions) {
    const { memory, retry, runtime } = options
    this.#options = options
    this.#blocked = memory.blocked
    this.#wait = retry
    this.#until = runtime.now() + retry
  }

  /** Reaches the hub, one way or the other. */
  async dial(options: DialOptions): Promise<Connection> {
    this.#round++
    this.#next?.()
    const spare = this.#spare
    this.#spare = null
    if (spare?.state === 'open') return this.#handOut(spare)
    this.#judge()
    const httpFirst = this.#httpFirst
    try {
      return await (httpFirst ? this.#overHttp(options) : this.#overWebSocket(options))
    } catch (error) {
      if (options.signal.aborted) {
        // Who has less patience begins the other way next time.
        if (httpFirst) this.#blocked = false
        else this.#block()
        throw options.signal.reason
      }
      return httpFirst ? this.#overWebSocket(options) : this.#instead(options, error)
    }
  }

  /** Tells a client that is connected over HTTP when there is a WebSocket. */
  watch(client: ConnectionHints): Undo {
    this.#client = client
    return () => {
      this.#client = null
      this.#next?.()
      this.#stop.abort()
      this.#spare?.abort(new Error('the client was closed'))
    }
  }

  /** One that opened and brought nothing was swallowed on its way, and the client has given it up. */
  #judge(): void {
    if (this.#latest === null) return
    if (this.#latest.received === 0) this.#block()
    else this.#wait = this.#options.retry / range
    this.#latest = null
  }

  /** There was no WebSocket. */
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
    return this.#handOut(await this.#open(options))
  }

  #handOut(connection: Connection): Connection {
    this.#latest = connection
    this.#blocked = false
    this.#options.memory.blocked = false
    return connection
  }

  async #overHttp(options: DialOptions): Promise<Connection> {
    const connection = await this.#options.http(options)
    this.#options.memory.blocked = true
    if (!this.#httpFirst) this.#block()
    this.#schedule(options)
    return connection
  }

  /** A browser does not say why there is no WebSocket, an answer over HTTP does; that nothing is there says nothing. */
  async #instead(options: DialOptions, cause: unknown): Promise<Connection> {
    try {
      return await this.#overHttp(options)
    } catch (error) {
      throw error instanceof ChatError && error.code === 'not_found' ? cause : error
    }
  }

  /** Opens a WebSocket, in time. */
  async #open({ protocols, signal }: DialOptions): Promise<BaseConnection> {
    const { webSocket, runtime, timeout } = this.#options
    signal.throwIfAborted()
    const aborter = new AbortController()
    const late = runtime.timer(timeout, () =>
      aborter.abort(new ChatError('timeout', 'unable to connect: no WebSocket has opened in time')),
    )
    const giveUp = (): void => aborter.abort(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await webSocket({ protocols, signal: aborter.signal })
    } finally {
      late()
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Some time later another network, or another proxy, may let WebSockets through. */
  #schedule({ protocols }: DialOptions): void {
    const { runtime } = this.#options
    this.#next?.()
    this.#next = runtime.timer(this.#until - runtime.now(), () => void this.#try(protocols))
  }

  async #try(protocols: DialOptions['protocols']): Promise<void> {
    if (this.#client === null) return
    const round = this.#round
    const options = { protocols, signal: this.#stop.signal }
    const connection = await this.#open(options).catch(() => null)
    if (round !== this.#round || this.#client === null) connection?.abort(new Error('not wanted any more'))
    else if (connection === null) {
      this.#block()
      this.#schedule(options)
    } else {
      this.#spare = connection
      this.#client.move()
    }
  }
}
