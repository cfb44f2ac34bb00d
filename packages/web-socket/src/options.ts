import { type OptionNames, type RequestOptions, requestOptionNames } from '@chat/core/transport'
import type { ServerWebSocket, Upgrade } from './socket.ts'

/** Options of `webSocketHandler`. `Info` is the second argument that the platform gives to `fetch`. */
export interface WebSocketHandlerOptions<Info = unknown> extends RequestOptions<Request> {
  /**
   * Answers every request that is no WebSocket for this hub: requests for other paths, and other requests for
   * the hub's path. Default: 404, and 426 at the hub's path.
   */
  readonly fetch?: ((request: Request, info: Info) => Response | Promise<Response>) | undefined
  /**
   * True if the `bufferedAmount` of the sockets is true, which bounds the memory that a slow reader costs.
   * Default: `true` in Deno, and else `false`: workerd before November 2026 always reports 0.
   */
  readonly backpressure?: boolean | undefined
  /**
   * Upgrades a request. Default: the platform's own function, `Deno.upgradeWebSocket`, or a `WebSocketPair`.
   */
  readonly upgrade?: Upgrade | undefined
  /**
   * Returns the peer's address, by which the limits of anonymous users count. Default: the address that Deno
   * knows; else empty. On Cloudflare it is `(request) => request.headers.get('cf-connecting-ip') ?? ''`; do
   * not trust a header that your platform does not set itself.
   */
  readonly remoteAddress?: (request: Request, info: Info | undefined) => string
}

/** Value that `authenticate` finds in `extra`. */
export interface WebSocketExtra<T = unknown> {
  /** Value that the option `context` returned for the request. */
  readonly context: T
  /** The socket. Sending or closing without the hub breaks the connection. */
  readonly socket: ServerWebSocket
}

export const optionNames: OptionNames<WebSocketHandlerOptions> = {
  ...requestOptionNames,
  fetch: true,
  backpressure: true,
  upgrade: true,
  remoteAddress: true,
}
