import type { AdmissionOptions, Refusal } from '@chat/core/transport'
import type { ServerWebSocket, Upgrade } from './socket.ts'

/** How a hub takes the WebSockets of a platform. `Info` is what the platform gives `fetch` besides the request. */
export interface WebSocketHandlerOptions<Info = unknown> extends AdmissionOptions {
  /** Answers everything that is no WebSocket for this hub: other paths, and other requests for its own path. Default: 404, and 426 at the hub's path. */
  readonly fetch?: (request: Request, info: Info) => Response | Promise<Response>
  /**
   * Whether the `bufferedAmount` of the sockets tells the truth, and so whether a slow reader costs bounded memory. Default: `true` in Deno, and else `false`:
   * workerd before November 2026 always says 0.
   */
  readonly backpressure?: boolean
  /** Upgrades a request. Default: the platform's own, `Deno.upgradeWebSocket`, or a `WebSocketPair`. */
  readonly upgrade?: Upgrade
  /**
   * The peer's address, which limits of anonymous users count by. Default: what Deno knows; else empty. On Cloudflare it is
   * `(request) => request.headers.get('cf-connecting-ip') ?? ''`; do not believe a header that your platform does not set itself.
   */
  readonly remoteAddress?: (request: Request, info: Info | undefined) => string
  /**
   * What to keep of the request, for `authenticate` to find as `context` in its `extra`. It lives as long as the connection. Called once for each
   * connection, after the origin was checked; a throw refuses it with 500. Default: nothing.
   */
  readonly context?: (request: Request) => unknown
  /** Called with each request that was refused, for logs. A throw in it is ignored. Default: none. */
  readonly onRefused?: (refusal: Refusal, request: Request) => void
}

/** What `authenticate` finds in `extra`. */
export interface WebSocketExtra<T = unknown> {
  /** What {@link WebSocketHandlerOptions.context} made of the request. */
  readonly context: T
  /** The socket. Sending or closing past the hub breaks the connection. */
  readonly socket: ServerWebSocket
}
