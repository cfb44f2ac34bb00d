import type { Transmission } from './batch.ts'

/**
 * Capabilities of a transport. The conformance suite checks the declared capabilities, and reports the cases
 * for missing capabilities as skipped.
 */
export interface TransportCapabilities {
  /** Name of the transport, such as `node-ws`, for errors, metrics and the capability matrix. */
  readonly name: string
  /** True if `bufferedAmount` is true and `drain` is reported, so that slow readers cost bounded memory. */
  readonly backpressure: boolean
  /** True if `pause` stops reading, so that a peer that writes too fast is held back. */
  readonly pause: boolean
  /** True if close codes and reasons reach the peer. */
  readonly closeCodes: boolean
  /** True if the loss of a peer is noticed without the protocol's heartbeat. */
  readonly detectsLoss: boolean
}

/**
 * Connection between a client and a hub: an ordered pipe of transmissions. It does not know their meaning.
 * Its methods throw in no state, and have no effect after the end.
 */
export interface Connection {
  /** Sets the receiver of transmissions. Called once, in the turn in which the connection was handed over. */
  attach(sink: Sink): void
  /**
   * Writes one transmission. Returns `false` when it was accepted but the pipe is above its high-water mark;
   * `drain` follows. MUST keep the order, and MUST NOT send a transmission after it dropped an earlier
   * transmission.
   */
  send(batch: Transmission): boolean
  /**
   * Ends the connection after all sent transmissions. The reason is cut to 123 bytes. The sink's `closed`
   * follows, even when the peer never answers.
   */
  close(code: number, reason: string): void
  /** Ends the connection at once and releases all its resources. */
  abort(error: Error): void
  /** Stops reading. At most the transmissions of one read may still arrive. */
  pause(): void
  /** Continues reading. */
  resume(): void
  /**
   * Sets how many bytes of an unfinished transmission the transport may hold; `null` stands for the largest
   * transmission that the hub allows. The hub sets a low limit until it knows the client. Above the limit the
   * transport stops reading and closes with 4514. A platform that buffers messages itself keeps its own limit.
   */
  limitReceive(bytes: number | null): void
  /** Bytes that were sent and that the operating system (or the peer) has not taken yet. */
  readonly bufferedAmount: number
  /**
   * Count that grows with all inbound data, incomplete transmissions included: every byte shows that the peer
   * is alive.
   */
  readonly received: number
  /** Subprotocol that both sides agreed on; empty without a common subprotocol. */
  readonly protocol: string
  /** Capabilities of the transport. */
  readonly capabilities: TransportCapabilities
  /**
   * Value of the transport's own, such as the application's context of the request and the platform's socket.
   */
  readonly extra: unknown
}

/** Receiver of a connection. Its methods do not throw. */
export interface Sink {
  /** Called with each whole transmission: a text, or bytes when it was binary. */
  receive(transmission: string | Uint8Array): void
  /** Called when the pipe is below its high-water mark again, after a `send` that returned `false`. */
  drain(): void
  /** Called exactly once when the connection has ended, for any cause. No method is called after it. */
  closed(code: number, reason: string): void
}

/** Facts about a client before its first frame, the same for every transport. */
export interface Handshake {
  /** Requested path, such as `/ws/alice`, without the query. */
  readonly path: string
  /** Parameters of the path by name, decoded: the values of the pattern's `:names`. */
  readonly params: Readonly<Record<string, string>>
  /** Parameters of the query by name; of several with the same name, the first. */
  readonly query: Readonly<Record<string, string>>
  /** Headers by name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Cookies by name, decoded. */
  readonly cookies: Readonly<Record<string, string>>
  /** The page's origin; `null` when the request has no `Origin`, and so is not from a page. */
  readonly origin: string | null
  /**
   * The client's address: that of the socket's peer, or the address that the proxies tell which the option
   * `trustProxy` of the transport counts. Empty where the platform does not know it.
   */
  readonly remoteAddress: string
}

/**
 * Opens a connection to a hub. Rejects with a `ChatError` when the hub cannot be reached, and with the reason
 * of `signal` once that aborts.
 */
export type Dialer = (options: DialOptions) => Promise<Connection>

/** Options of a {@link Dialer}. */
export interface DialOptions {
  /** Subprotocols to offer, the preferred first. */
  readonly protocols: readonly string[]
  /** Aborts the attempt when the connection is no longer wanted. */
  readonly signal: AbortSignal
}
