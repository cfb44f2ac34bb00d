import type { Batch } from './batch.ts'

/** What a transport can and cannot do: what the conformance suite then holds it to, or names as skipped. */
export interface TransportCapabilities {
  /** The transport's name, such as `node-ws`, for errors, metrics and the capability matrix. */
  readonly name: string
  /** `bufferedAmount` tells the truth and `drain` is reported: slow readers cost bounded memory. */
  readonly backpressure: boolean
  /** `pause` stops reading, so that a peer which writes too fast is held back. */
  readonly pause: boolean
  /** Close codes and reasons reach the peer. */
  readonly closeCodes: boolean
  /** A peer that vanished without a word is noticed without the protocol's heartbeat. */
  readonly detectsLoss: boolean
}

/**
 * One link between a client and a hub: an ordered pipe of transmissions. It knows nothing of what they mean.
 * Neither method throws, whatever the state; after the end they do nothing.
 */
export interface Connection {
  /** Who takes what arrives. Set once, in the same turn in which the connection was handed over. */
  attach(sink: Sink): void
  /**
   * Writes one transmission. `false`: it was taken, but the pipe is above its high-water mark; `drain` will follow. MUST keep the order,
   * MUST NOT drop one and send a later one.
   */
  send(batch: Batch): boolean
  /** Ends the link after what was sent. The reason is cut to 123 bytes. The sink's `closed` follows, also when the peer never answers. */
  close(code: number, reason: string): void
  /** Ends the link at once and lets go of all its resources. */
  abort(error: Error): void
  /** Stops reading. At most what one read brought may still arrive. */
  pause(): void
  /** Goes on reading. */
  resume(): void
  /** Bytes that were sent and that the operating system (or the peer) has not taken yet. */
  readonly bufferedAmount: number
  /** A count that grows with everything inbound, also with what is no complete transmission: any byte counts as life. */
  readonly received: number
  /** The subprotocol both sides agreed on; empty when none was offered. */
  readonly protocol: string
  readonly capabilities: TransportCapabilities
  /** The adapter's own: the request, the vendor's socket. */
  readonly extra: unknown
}

/** Where a connection delivers. None of these throws. */
export interface Sink {
  /** One transmission, whole. Binary ones arrive as bytes. */
  receive(transmission: string | Uint8Array): void
  /** The pipe is below its mark again, after a `send` that answered `false`. */
  drain(): void
  /** The link has ended. Called exactly once, on every path, and nothing is called after it. */
  closed(code: number, reason: string): void
}

/** What is known of a client before it has said a word, in terms of no particular transport. */
export interface Handshake {
  /** The path that was asked for, such as `/ws/alice`, without the query. */
  readonly path: string
  /** What the pattern's `:names` matched, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** The query's parameters; of several with one name, the first. */
  readonly query: Readonly<Record<string, string>>
  /** Headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Cookies by name, decoded. */
  readonly cookies: Readonly<Record<string, string>>
  /** The page's origin, when the request carries one. */
  readonly origin: string | null
  /** The peer's address, as the transport knows it; forwarded headers are not looked at. */
  readonly remoteAddress: string
}

/** Makes a link to a hub. Rejects with what went wrong; `signal` gives up. */
export type Dialer = (options: DialOptions) => Promise<Connection>

/** What a dialer is told. */
export interface DialOptions {
  /** The subprotocols to offer, the preferred first. */
  readonly protocols: readonly string[]
  /** Aborted when the connection is no longer wanted. */
  readonly signal: AbortSignal
}
