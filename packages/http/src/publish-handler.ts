import { webRequest } from '@chat/core/transport'
import type { ConnectionInfo } from './http-handler.ts'
import { PublishEndpoint, type PublishHub } from './publish/endpoint.ts'
import type { PublishHandlerOptions } from './publish/options.ts'
import { bodyOf, responseOf } from './web.ts'

/** Publishes for servers, scripts and functions, in servers that return a `Response` for a `Request`. */
export interface PublishHandler {
  /**
   * Answers a request to publish. Resolves with `undefined`, and leaves the request alone, when its path is
   * another path. Rejects only for a value that is no `Request`, with a `UsageError`.
   */
  fetch(request: Request, info?: ConnectionInfo): Promise<Response | undefined>
}

/**
 * Publishes a message for each authenticated POST, so that a program in any language can speak through the
 * hub, and needs no connection:
 *
 * ```ts
 * const publish = publishHandler(hub, {
 *   path: '/publish',
 *   authenticate: ({ token }) => isSecret(token),
 * })
 * ```
 *
 * The body is `{ "address", "event", "data", "from"?, "meta"? }`; `"cast": true` sends a cast, and `"key"`
 * names it. With a header `Idempotency-Key` the same request can be repeated, and the message is stored once;
 * the log recognises the key for its dedupe window (120 s by default).
 *
 * The answer is 200 with `{ "position", "id" }` as JSON when the log has the message, and 202 for a cast. A
 * refusal has `{ "code", "message" }`, and 504 means that the outcome is not known. Beyond 6 000 requests at a
 * time the answer is 503.
 *
 * `@chat/http/node` has the handler for `node:http`, Express, Koa and Fastify.
 *
 * @throws UsageError when an option cannot work or does not exist, or `authenticate` is missing.
 */
export function publishHandler(hub: PublishHub, options: PublishHandlerOptions<Request>): PublishHandler {
  const endpoint = new PublishEndpoint(hub, options, 'publishHandler(hub, options)')
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
  }
}
