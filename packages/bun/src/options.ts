import { type OptionNames, type RequestOptions, requestOptionNames } from '@chat/core/transport'
import type { BunFetch, BunSocket, BunWebSocketHandler } from './bun.ts'

/** Options of `bunHandler`. */
export interface BunHandlerOptions extends RequestOptions<Request> {
  /**
   * Answers every request that is no WebSocket for this hub: requests for other paths, and other requests for
   * the hub's path. Default: 404, and 426 at the hub's path.
   */
  readonly fetch?: BunFetch | undefined
  /**
   * The application's own WebSockets, such as those of Hono's `hono/bun`, or of a second hub: Bun has one
   * handler for all sockets of a server. Its settings are kept, and apply to the hub's sockets as well.
   * Default: none.
   */
  readonly websocket?: BunWebSocketHandler | undefined
}

/** Value that `authenticate` finds in `extra`. */
export interface BunExtra<T = unknown> {
  /** Value that the option `context` returned for the request. */
  readonly context: T
  /** The socket. Sending or closing without the hub breaks the connection. */
  readonly socket: BunSocket
}

export const optionNames: OptionNames<BunHandlerOptions> = {
  ...requestOptionNames,
  fetch: true,
  websocket: true,
}
