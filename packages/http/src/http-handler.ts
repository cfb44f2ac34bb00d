import { type TransportHub, webRequest } from '@chat/core/transport'
import { Endpoint } from './endpoint.ts'
import type { HttpHandlerOptions } from './options.ts'
import { bodyOf, responseOf } from './web.ts'

/** Facts about the connection that a `Request` does not hold. */
export interface ConnectionInfo {
  /**
   * The client's address, as the runtime knows it: `server.requestIP(request)?.address` in Bun,
   * `info.remoteAddr.hostname` in Deno. Users that are `anonymous` share the limits of their address.
   * Default: empty, as one address for all.
   */
  readonly remoteAddress?: string | undefined
}

/** Takes clients over HTTP for a hub, in servers that return a `Response` for a `Request`. */
export interface HttpHandler {
  /**
   * Answers a request for this hub's path. Resolves with `undefined`, and leaves the request alone, when the
   * request is not for the hub; a `GET` that does not ask for an event stream is not, so a page may have the
   * same path. Rejects only for a value that is no `Request`, with a `UsageError`.
   */
  fetch(request: Request, info?: ConnectionInfo): Promise<Response | undefined>
  /** Takes no further clients. Connected clients stay until the hub closes them. */
  detach(): void
}

/**
 * Takes clients over HTTP, for networks that block WebSocket: a stream of events down, a POST for each
 * transmission up (PROTOCOL §12).
 *
 * ```ts
 * const chat = httpHandler(hub, { path: '/chat' })
 * Bun.serve({
 *   fetch: async (request, server) =>
 *     (await chat.fetch(request, { remoteAddress: server.requestIP(request)?.address })) ?? new Response('', { status: 404 }),
 * })
 * ```
 *
 * All requests of one client must reach the process that has its stream. `@chat/http/node` has the handler
 * for `node:http`, Express, Koa and Fastify.
 *
 * @throws UsageError when an option cannot work or does not exist.
 */
export function httpHandler(hub: TransportHub, options: HttpHandlerOptions<Request> = {}): HttpHandler {
  const endpoint = new Endpoint(hub, options, 'httpHandler(hub, options)')
  return {
    async fetch(request, { remoteAddress = '' } = {}) {
      const connect = webRequest(request, { remoteAddress: () => remoteAddress })
      const answer = await endpoint.answer({
        method: request.method,
        connect,
        body: () => bodyOf(request),
      })
      return answer === null ? undefined : responseOf(answer)
    },
    detach: () => endpoint.detach(),
  }
}
