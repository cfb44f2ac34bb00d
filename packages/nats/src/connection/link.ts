import type { Runtime, Undo } from '@chat/core'
import type {
  NatsClient,
  NatsConnection,
  NatsHeaders,
  NatsMessage,
  NatsSubscription,
} from '../nats-client.ts'
import { Requests } from './requests.ts'
import { reasonOf, unavailable } from './unavailable.ts'

/** A change of the link: the connection was lost, or is there again. */
export interface LinkEvents {
  /** Called when the connection is lost. All requests that waited have failed. */
  down(): void
  /** Called when the connection is there again, with all its subscriptions. */
  up(): void
}

interface Subject {
  readonly listeners: Set<(message: NatsMessage) => void>
  readonly subscription: NatsSubscription
}

/** The connection of a node to NATS: requests with a timeout of our own, and subscriptions that are shared. */
export class Link {
  readonly #client: NatsClient
  readonly #connection: NatsConnection
  readonly #requests: Requests
  readonly #runtime: Runtime
  readonly #subjects = new Map<string, Subject>()
  #connected = true
  #closed = false
  #events: LinkEvents | null = null

  constructor(client: NatsClient, connection: NatsConnection, runtime: Runtime, timeout: number) {
    this.#client = client
    this.#connection = connection
    this.#runtime = runtime
    const sender = {
      publish: (subject: string, payload: Uint8Array | string, reply: string, headers?: NatsHeaders): void =>
        connection.publish(subject, payload, headers === undefined ? { reply } : { reply, headers }),
      silent: (): void => this.#renew(),
    }
    this.#requests = new Requests(sender, runtime, timeout)
    connection.subscribe(this.#requests.inbox, {
      callback: (_error, message) => this.#requests.receive(message),
    })
  }

  /** `true` while the connection is there. */
  get connected(): boolean {
    return this.#connected && !this.#closed
  }

  /** Maximum size of a message, in bytes. */
  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1_048_576
  }

  /** The version of the server; empty when it is unknown. */
  get version(): string {
    return this.#connection.info?.version ?? ''
  }

  /** `true` when the server itself runs JetStream. */
  get hasJetStream(): boolean {
    return this.#connection.info?.jetstream === true
  }

  /** Calls `events` from now on. */
  watch(events: LinkEvents): void {
    this.#events = events
    void this.#follow()
  }

  /** Sends a request, and resolves with its answer. */
  request(
    subject: string,
    payload: Uint8Array | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<NatsMessage> {
    if (!this.connected) return Promise.reject(this.#lost())
    return this.#requests.send(subject, payload, headers === undefined ? undefined : this.#headers(headers))
  }

  /** Sends a message without an answer, or with answers to a subject that is listened to. */
  publish(subject: string, payload: Uint8Array | string, reply?: string): void {
    if (!this.connected) throw this.#lost()
    try {
      this.#connection.publish(subject, payload, reply === undefined ? {} : { reply })
    } catch (error) {
      throw unavailable('publish', reasonOf(error), error)
    }
  }

  /** Calls `listener` with each message of a subject from now on. */
  listen(subject: string, listener: (message: NatsMessage) => void): Undo {
    if (this.#closed) return () => {}
    const known = this.#subjects.get(subject) ?? this.#subscribe(subject)
    // The same function may listen twice; each undo ends its own.
    const own = (message: NatsMessage): void => listener(message)
    known.listeners.add(own)
    return () => {
      if (!known.listeners.delete(own) || known.listeners.size > 0) return
      known.subscription.unsubscribe()
      if (this.#subjects.get(subject) === known) this.#subjects.delete(subject)
    }
  }

  /** Resolves when the server has handled all that was sent before. */
  async flush(): Promise<void> {
    if (!this.connected) throw this.#lost()
    await this.#connection.flush()
  }

  /** Ends the connection. No listener is called any more. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#subjects.clear()
    this.#requests.failAll('the backplane was closed')
    await this.#connection.close().catch(() => {})
  }

  #subscribe(subject: string): Subject {
    const listeners: Subject['listeners'] = new Set()
    const subscription = this.#connection.subscribe(subject, {
      callback: (_error, message) => {
        if (!this.#closed) for (const listener of listeners) this.#call(listener, message)
      },
    })
    const known = { listeners, subscription }
    this.#subjects.set(subject, known)
    return known
  }

  /** An error in a listener must not reach the client, which would stop to read. */
  #call(listener: (message: NatsMessage) => void, message: NatsMessage): void {
    try {
      listener(message)
    } catch (error) {
      this.#runtime.defer(() => {
        throw error
      })
    }
  }

  #headers(values: Readonly<Record<string, string>>): NatsHeaders {
    const headers = this.#client.headers()
    for (const [name, value] of Object.entries(values)) headers.set(name, value)
    return headers
  }

  /** A connection that carries nothing looks healthy for a long time: another is made at once. */
  #renew(): void {
    if (this.connected) this.#connection.reconnect?.().catch(() => {})
  }

  #lost(): Error {
    return unavailable('reach NATS', this.#closed ? 'the backplane was closed' : 'the connection is lost')
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (this.#closed) return
      if (type === 'disconnect') this.#down()
      if (type === 'reconnect') {
        this.#connected = true
        this.#events?.up()
      }
    }
  }

  #down(): void {
    this.#connected = false
    this.#requests.failAll('the connection was lost')
    this.#events?.down()
  }
}
