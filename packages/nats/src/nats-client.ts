/** The headers of a message of NATS. */
export interface NatsHeaders {
  /** The status of a message that the server wrote, such as 503; 0 without a status. */
  readonly code: number
  /** The text of the status. */
  readonly description: string
  /** Returns the value of a header; empty when it is missing. */
  get(name: string): string
  /** Sets a header. */
  set(name: string, value: string): void
}

/** A message as NATS delivers it. */
export interface NatsMessage {
  /** The subject of the message. */
  readonly subject: string
  /** The subject for an answer. */
  readonly reply?: string | undefined
  /** The payload. */
  readonly data: Uint8Array
  /** The headers; `undefined` for a message without headers. */
  readonly headers?: NatsHeaders | undefined
}

/** Facts about the server of a connection. */
export interface NatsServerInfo {
  /** The version of the server, such as `2.10.22`. */
  readonly version: string
  /** Maximum size of a message, in bytes. */
  readonly max_payload: number
  /** `true` when the server itself runs JetStream. */
  readonly jetstream?: boolean | undefined
}

/** A subscription of a NATS client. */
export interface NatsSubscription {
  /** Ends the subscription. */
  unsubscribe(): void
}

/** A change of a connection. */
export interface NatsStatus {
  /** The kind of the change, such as `disconnect`, `reconnect` or `close`. */
  readonly type: string
}

/** A connection of a NATS client, as far as the backplane uses it. It reconnects by itself. */
export interface NatsConnection {
  /** Facts about the server. */
  readonly info?: NatsServerInfo | undefined
  /** Sends a message. */
  publish(
    subject: string,
    payload: Uint8Array | string,
    options?: { reply?: string; headers?: NatsHeaders },
  ): void
  /** Calls `callback` with each message of a subject. */
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): NatsSubscription
  /** Tells of `disconnect`, `reconnect` and `close`. */
  status(): AsyncIterable<NatsStatus>
  /** Resolves when the server has answered all that was sent before. */
  flush(): Promise<void>
  /** Gives the connection up and makes another; a client without it notices a silent connection later. */
  reconnect?(): Promise<void>
  /** Ends the connection. */
  close(): Promise<void>
}

/** A client for NATS: the module `@nats-io/transport-node`, or a module with the same functions. */
export interface NatsClient {
  /** Connects to a server. */
  connect(options: Record<string, unknown>): Promise<NatsConnection>
  /** Makes empty headers. */
  headers(): NatsHeaders
}
