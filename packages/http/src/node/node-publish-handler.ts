import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { nodeRequest } from '@chat/core/transport'
import { PublishEndpoint, type PublishHub } from '../publish/endpoint.ts'
import type { PublishHandlerOptions } from '../publish/options.ts'
import { bodyOf, type ServerRequest } from './body.ts'
import { checkResponse, send } from './send.ts'

/** Publishes for servers, scripts and functions, in servers of `node:http`, `node:https` and `node:http2`. */
export interface NodePublishHandler {
  /** As a middleware of Express and Connect: `next` is called for a request with another path. */
  (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    next: (error?: unknown) => void,
  ): void
  /**
   * Answers a request to publish. Returns `false`, and leaves the request alone, when its path is another
   * path.
   */
  (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): boolean
}

/**
 * Publishes a message for each authenticated POST, as {@link @chat/http!index.publishHandler | publishHandler}
 * does, in servers of Node:
 *
 * ```ts
 * app.use(nodePublishHandler(hub, { path: '/publish', authenticate: ({ token }) => isSecret(token) }))
 * ```
 *
 * Mount it before middleware that reads bodies, such as `express.json()`.
 *
 * @throws UsageError when an option cannot work or does not exist, or `authenticate` is missing.
 */
export function nodePublishHandler(
  hub: PublishHub,
  options: PublishHandlerOptions<IncomingMessage>,
): NodePublishHandler {
  const endpoint = new PublishEndpoint(hub, options, 'nodePublishHandler(hub, options)')
  const handle = (request: ServerRequest, response: ServerResponse, next?: () => void): boolean => {
    const connect = nodeRequest<IncomingMessage>(request, { url: request?.originalUrl ?? request?.url })
    checkResponse(response)
    const answer = endpoint.answer({
      method: request.method ?? '',
      connect,
      body: () => bodyOf(request),
    })
    if (answer === null) next?.()
    else void send(answer, request, response)
    return answer !== null
  }
  return handle as NodePublishHandler
}
