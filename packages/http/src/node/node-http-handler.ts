import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { type ConnectRequest, connectRequest, type TransportHub } from '@chat/core/transport'
import type { Body } from '../body.ts'
import { Endpoint } from '../endpoint.ts'
import type { HttpHandlerOptions } from '../options.ts'
import { send } from './send.ts'

/** Takes clients over HTTP for a hub, in servers of `node:http`, `node:https` and `node:http2`. */
export interface NodeHttpHandler {
  /** As a middleware, of Express and Connect: `next` gets what is none of the hub's. */
  (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    next: (error?: unknown) => void,
  ): void
  /**
   * Answers a request for this hub's path. `false`: it is none of the hub's, and nothing was done; a `GET` that does not ask for an event stream is none, so
   * that a page may have the same path.
   */
  (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): boolean
  /** Takes no further clients. Those that are connected stay until the hub closes them. */
  detach(): void
}

/** Express and Koa keep the target here when they hand on a part of it. What Node makes of HTTP/2 has all that is needed of it. */
type Request = IncomingMessage & { readonly originalUrl?: string }

/**
 * Takes clients over HTTP, for networks that block WebSocket, beside `attach` of `@chat/node-ws` and at the same path:
 *
 * ```ts
 * const app = express()
 * app.use(nodeHttpHandler(hub, { path: '/chat' }))
 * attach(hub, app.listen(3000), { path: '/chat' })
 * ```
 *
 * Mount it before what reads bodies, such as `express.json()`, and before what compresses. In Koa: `if (chat(ctx.req, ctx.res)) ctx.respond = false`; in Fastify, in an `onRequest`
 * hook: `if (chat(request.raw, reply.raw)) reply.hijack()`.
 *
 * @throws UsageError when an option cannot work.
 */
export function nodeHttpHandler(
  hub: TransportHub,
  options: HttpHandlerOptions<IncomingMessage> = {},
): NodeHttpHandler {
  const endpoint = new Endpoint(hub, options)
  const answered = (request: Request, response: ServerResponse, next?: () => void): boolean => {
    const answer = endpoint.take({
      method: request.method ?? '',
      url: request.originalUrl ?? request.url,
      request: requestOf(request),
      body: () => bodyOf(request),
      boundTo: () => boundTo(request),
      context: () => options.context?.(request),
      refused(refusal) {
        try {
          options.onRefused?.(refusal, request)
        } catch {}
      },
    })
    if (answer === null) next?.()
    else void send(answer, request, response)
    return answer !== null
  }
  const take = answered as (...args: Parameters<NodeHttpHandler>) => boolean
  return Object.assign(take, { detach: () => endpoint.detach() })
}

/** What Node says of a request. */
function requestOf({ headers, socket }: IncomingMessage): ConnectRequest {
  return connectRequest(entriesOf(headers), socket.remoteAddress ?? '')
}

/** Node has joined repeated headers, all but `set-cookie`, which no request has. What HTTP/1.1 says as `Host`, HTTP/2 says as `:authority`. */
function* entriesOf(headers: IncomingHttpHeaders): Iterable<[name: string, value: string]> {
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !name.startsWith(':'))
      yield [name, typeof value === 'string' ? value : value.join(', ')]
  const { ':authority': authority } = headers
  if (typeof authority === 'string') yield ['host', authority]
}

/** `null` when somebody has read it. */
function bodyOf(request: IncomingMessage): Body | null {
  if (request.readableDidRead) return null
  const pieces: AsyncIterator<Uint8Array> = request.iterator({ destroyOnReturn: false })
  return {
    async read() {
      const { value, done } = await pieces.next()
      return done === true ? null : value
    },
    // What still comes is not read; `send` ends the connection behind the answer.
    cancel() {},
  }
}

/** Where the server listens that a request came to; Node keeps it at the socket. */
function boundTo({ socket }: IncomingMessage): string | null {
  const { server } = socket as { readonly server?: { address?: () => unknown } }
  const bound = server?.address?.()
  if (typeof bound !== 'object' || bound === null || !('address' in bound)) return null
  return typeof bound.address === 'string' ? bound.address : null
}
