import type { AdmissionOptions, Refusal } from '@chat/core/transport'
import type { BunFetch, BunSocket, BunWebSocketHandler } from './bun.ts'

/** How a hub takes the WebSockets of `Bun.serve`. */
export interface BunHandlerOptions extends AdmissionOptions {
  /**
   * Answers everything that is no WebSocket for this hub: other paths, and other requests for its own path. Default: 404, and 426 at the hub's path.
   */
  readonly fetch?: BunFetch
  /**
   * The application's own WebSockets, such as those of Hono's `hono/bun`, or of a second hub: Bun has one handler for all sockets of a server. Its settings are
   * kept, and stand for the hub's sockets, too. Default: none.
   */
  readonly websocket?: BunWebSocketHandler
  /**
   * What to keep of the request, for `authenticate` to find as `context` in its `extra`. It lives as long as the connection. Called once for each
   * connection, after the origin was checked; a throw refuses it with 500. Default: nothing.
   */
  readonly context?: (request: Request) => unknown
  /** Called with each upgrade that was refused, for logs. A throw in it is ignored. Default: none. */
  readonly onRefused?: (refusal: Refusal, request: Request) => void
}

/** What `authenticate` finds in `extra`. */
export interface BunExtra<T = unknown> {
  /** What {@link BunHandlerOptions.context} made of the request. */
  readonly context: T
  /** The socket. Sending or closing past the hub breaks the connection. */
  readonly socket: BunSocket
}
