import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { nodeRequest, type TransportHub } from '@chat/core/transport'
import { Endpoint } from '../endpoint.ts'
import type { HttpHandlerOptions } from '../options.ts'
import { bodyOf, type ServerRequest } from './body.ts'
import { checkResponse, isGone, send } from './send.ts'

/** Takes clients over HTTP for a hub, in servers of `node:http`, `node:https` and `node:http2`. */
export interface NodeHttpHandler {
  /** As a middleware of Express and Connect: `next` is called for a request that is not for the hub. */
  (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    next: (error?: unknown) => void,
  ): void
  /**
   * Answers a request for this hub's path. Returns `false`, and leaves the request alone, when the request is
   * not for the hub; a `GET` that does not ask for an event stream is not, so a page may have the same path.
   */
  (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): boolean
  /** Takes no further clients. Connected clients stay until the hub closes them. */
  detach(): void
}

/**
 * Takes clients over HTTP, for networks that block WebSocket, beside `attach` of `@chat/node-ws` and at the
 * same path:
 *
 * ```ts
 * const app = express()
 * app.use(nodeHttpHandler(hub, { path: '/chat' }))
 * attach(hub, app.listen(3000), { path: '/chat' })
 * ```
 *
 * Mount it before middleware that reads bodies, such as `express.json()`, and before compression. In Koa: `if
 * (chat(ctx.req, ctx.res)) ctx.respond = false`; in Fastify, in an `onRequest` hook: `if (chat(request.raw,
 * reply.raw)) reply.hijack()`.
 *
 * @throws UsageError when an option cannot work or does not exist.
 */
export function nodeHttpHandler(
  hub: TransportHub,
  options: HttpHandlerOptions<IncomingMessage> = {},
): NodeHttpHandler {
  const endpoint = new Endpoint(hub, options, 'nodeHttpHandler(hub, options)')
  const handle = (request: ServerRequest, response: ServerResponse, next?: () => void): boolean => {
    const connect = nodeRequest<IncomingMessage>(request, { url: request?.originalUrl ?? request?.url })
    checkResponse(response)
    const answer = endpoint.answer({
      method: request.method ?? '',
      connect,
      body: () => bodyOf(request),
      ...(request.httpVersionMajor < 2 ? {} : { stays: () => stays(response) }),
    })
    if (answer === null) next?.()
    else void send(answer, request, response)
    return answer !== null
  }
  const handler = handle as (...args: Parameters<NodeHttpHandler>) => boolean
  return Object.assign(handler, { detach: () => endpoint.detach() })
}

/** Waits for the turn in which a reset that arrived with the request has been read. */
const stays = (response: ServerResponse): Promise<boolean> =>
  new Promise((resolve) => setImmediate(() => resolve(!isGone(response))))
