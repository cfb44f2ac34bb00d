import { connectRequest, type TransportHub } from '@chat/core/transport'
import type { Answer } from './answer.ts'
import type { Body } from './body.ts'
import { Endpoint } from './endpoint.ts'
import type { HttpHandlerOptions } from './options.ts'

/** What a request does not say of its connection. */
export interface ConnectionInfo {
  /**
   * The client's address, as the runtime knows it: `server.requestIP(request)?.address` in Bun, `info.remoteAddr.hostname` in Deno. Users that are `anonymous`
   * share the limits of their address. Default: empty, as one address for all.
   */
  readonly remoteAddress?: string | undefined
}

/** Takes clients over HTTP for a hub, in servers that make a `Response` of a `Request`. */
export interface HttpHandler {
  /**
   * Answers a request for this hub's path. `undefined`: it is none of the hub's, and nothing was done; a `GET` that does not ask for an event stream is none,
   * so that a page may have the same path. Never rejects.
   */
  fetch(request: Request, info?: ConnectionInfo): Promise<Response | undefined>
  /** Takes no further clients. Those that are connected stay until the hub closes them. */
  detach(): void
}

/**
 * Takes clients over HTTP, for networks that block WebSocket: a stream of events down, a POST for each transmission up (PROTOCOL §12).
 *
 * ```ts
 * const chat = httpHandler(hub, { path: '/chat' })
 * Bun.serve({
 *   fetch: async (request, server) =>
 *     (await chat.fetch(request, { remoteAddress: server.requestIP(request)?.address })) ?? new Response('', { status: 404 }),
 * })
 * ```
 *
 * All requests of one client must reach the process that has its stream. For `node:http`, Express, Koa and Fastify there is `@chat/http/node`.
 *
 * @throws UsageError when an option cannot work.
 */
export function httpHandler(hub: TransportHub, options: HttpHandlerOptions<Request> = {}): HttpHandler {
  const endpoint = new Endpoint(hub, options)
  return {
    async fetch(request, { remoteAddress = '' } = {}) {
      const answer = await endpoint.take({
        method: request.method,
        url: request.url,
        request: connectRequest(request.headers, remoteAddress),
        body: () => bodyOf(request),
        boundTo: () => null,
        context: () => options.context?.(request),
        refused(refusal) {
          try {
            options.onRefused?.(refusal, request)
          } catch {}
        },
      })
      return answer === null ? undefined : responseOf(answer)
    },
    detach: () => endpoint.detach(),
  }
}

function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers: { ...headers } })
}

/** `null` when somebody has read it, or is reading it. */
function bodyOf(request: Request): Body | null {
  if (request.bodyUsed || request.body?.locked) return null
  const reader = request.body?.getReader()
  return {
    read: async () => (await reader?.read())?.value ?? null,
    cancel: () => void reader?.cancel().catch(() => {}),
  }
}
