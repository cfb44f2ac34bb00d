/*
 * What is used of Bun, after `serve.d.ts` of bun-types 1.4.5. Structural, so that nobody needs Bun's types who does not have them, and so that a server's own types fit.
 */

/** A server-side socket of Bun. */
export interface BunSocket {
  /** What the upgrade gave it. */
  data: unknown
  /** Sends a text message: the bytes taken, -1 when they wait, 0 when the message was dropped. */
  sendText(text: string): number
  /** Sends what is waiting, then a close frame, and ends the connection without waiting for an answer. */
  close(code?: number, reason?: string): void
  /** Destroys the connection. */
  terminate(): void
  /** Stops reading. */
  pause(): void
  /** Reads on. */
  resume(): void
  /** Bytes that wait in this process. */
  getBufferedAmount(): number
}

/** What is used of the `Server` that `fetch` is given. */
export interface BunServer {
  /** Answers an upgrade request; `false` when it is none. */
  upgrade(request: Request, options: { data: unknown; headers: Record<string, string> }): boolean
  /** Who made a request. */
  requestIP(request: Request): { readonly address: string } | null
  /** Where it listens: an object with an `address`, or the path of a Unix socket. */
  readonly address?: unknown
}

/** What answers the other requests of a server; its own type of server is its own business. */
export type BunFetch = (
  request: Request,
  server: never,
) => Response | undefined | Promise<Response | undefined>

/** How Bun compresses, and with how much memory. */
export type BunCompressor = 'disable' | 'shared' | 'dedicated' | `${3 | 4 | 8 | 16 | 32 | 64 | 128 | 256}KB`

/** Settings of Bun for all sockets of a server; its own documentation says more of them. */
export interface BunSettings {
  /** The largest message to take, in bytes. */
  readonly maxPayloadLength?: number
  /** How many bytes may wait for one socket before Bun drops messages to it; 0 for any number. */
  readonly backpressureLimit?: number
  /** Whether a socket above that is closed. */
  readonly closeOnBackpressureLimit?: boolean
  /** After how many seconds of silence a socket is closed; 0 for never. */
  readonly idleTimeout?: number
  /** Whether Bun pings before that. */
  readonly sendPings?: boolean
  /** Whether a socket gets what it publishes itself. */
  readonly publishToSelf?: boolean
  /** Whether messages may be compressed. The hub's never are. */
  readonly perMessageDeflate?:
    | boolean
    | { readonly compress?: BunCompressor | boolean; readonly decompress?: BunCompressor | boolean }
}

/** What Bun calls for sockets. Those of a host may take more particular sockets, so nothing is said of them here. */
export interface BunWebSocketHandler<Socket = never> extends BunSettings {
  /** Looked at by Bun's types only: what the `data` of sockets is. */
  readonly data?: unknown
  /** A socket has opened. */
  open?(socket: Socket): void | Promise<void>
  /** A message has come. */
  message?(socket: Socket, message: string | Uint8Array): void | Promise<void>
  /** What was waiting has been written, all or some of it. */
  drain?(socket: Socket): void | Promise<void>
  /** A socket has closed. */
  close?(socket: Socket, code: number, reason: string): void | Promise<void>
  /** A ping has come. */
  ping?(socket: Socket, data: Uint8Array): void | Promise<void>
  /** A pong has come. */
  pong?(socket: Socket, data: Uint8Array): void | Promise<void>
}
