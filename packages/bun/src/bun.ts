/*
 * Parts of Bun that this package uses, after `serve.d.ts` of bun-types 1.4.5. Structural, so that an
 * application needs no types of Bun, and a server's own types fit.
 */

/** Socket of a Bun server. */
export interface BunSocket {
  /** Value that the upgrade gave the socket. */
  data: unknown
  /**
   * Sends a text message. Returns the number of bytes taken, -1 when they wait, or 0 when the message was
   * dropped.
   */
  sendText(text: string): number
  /** Sends waiting bytes, then a close frame, and ends the connection without waiting for an answer. */
  close(code?: number, reason?: string): void
  /** Destroys the connection. */
  terminate(): void
  /** Stops reading. */
  pause(): void
  /** Continues reading. */
  resume(): void
  /** Returns the number of bytes that wait in this process. */
  getBufferedAmount(): number
}

/** Part of Bun's `Server` that a handler uses. */
export interface BunServer {
  /** Answers an upgrade request; returns `false` when the request does not ask for a WebSocket. */
  upgrade(request: Request, options: { data: unknown; headers: Record<string, string> }): boolean
  /** Returns the peer's address. */
  requestIP(request: Request): { readonly address: string } | null
  /** Object with the `address` that the server listens on, or the path of a Unix socket. */
  readonly address?: unknown
}

/**
 * Function that answers the other requests of a server. Its type of server is left open, so that every
 * `fetch` fits.
 */
export type BunFetch = (
  request: Request,
  server: never,
) => Response | undefined | Promise<Response | undefined>

/** Compressor of Bun, by the memory that it may use. */
export type BunCompressor = 'disable' | 'shared' | 'dedicated' | `${3 | 4 | 8 | 16 | 32 | 64 | 128 | 256}KB`

/** Bun's settings for all sockets of a server; Bun's documentation describes them. */
export interface BunSettings {
  /** Largest message to accept, in bytes. */
  readonly maxPayloadLength?: number
  /** Most bytes that may wait for one socket before Bun drops messages to it; 0 for no limit. */
  readonly backpressureLimit?: number
  /** True if Bun closes a socket above that limit. */
  readonly closeOnBackpressureLimit?: boolean
  /** Seconds of silence after which Bun closes a socket; 0 for never. */
  readonly idleTimeout?: number
  /** True if Bun pings a silent socket before that. */
  readonly sendPings?: boolean
  /** True if a socket receives the messages that it publishes. */
  readonly publishToSelf?: boolean
  /** True if messages may be compressed. The hub's messages never are. */
  readonly perMessageDeflate?:
    | boolean
    | { readonly compress?: BunCompressor | boolean; readonly decompress?: BunCompressor | boolean }
}

/**
 * Functions that Bun calls for the sockets of a server. The type of socket is left open, because a host's
 * functions may take a narrower type.
 */
export interface BunWebSocketHandler<Socket = never> extends BunSettings {
  /** Type of the sockets' `data`; only Bun's types read it. */
  readonly data?: unknown
  /** Called when a socket has opened. */
  open?(socket: Socket): void | Promise<void>
  /** Called with each message. */
  message?(socket: Socket, message: string | Uint8Array): void | Promise<void>
  /** Called when waiting bytes have been written, all or some of them. */
  drain?(socket: Socket): void | Promise<void>
  /** Called when a socket has closed. */
  close?(socket: Socket, code: number, reason: string): void | Promise<void>
  /** Called with each ping. */
  ping?(socket: Socket, data: Uint8Array): void | Promise<void>
  /** Called with each pong. */
  pong?(socket: Socket, data: Uint8Array): void | Promise<void>
}
