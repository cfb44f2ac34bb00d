import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { ConnectRequest } from './connect-request.ts'

/**
 * Part of a request of `node:http` or `node:http2` that a transport uses. Structural, because core imports no
 * module of Node.
 */
export interface NodeRequest {
  /** Target of the request. */
  readonly url?: string | undefined
  /** Headers by name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Socket of the request. */
  readonly socket: {
    /** The peer's address. */
    readonly remoteAddress?: string | undefined
  }
}

/** Part of a server that tells where it listens. */
export interface BoundServer {
  /**
   * Returns an object with an `address`, the path of a Unix socket, or `null` while the server does not
   * listen.
   */
  address?(): unknown
}

/** Facts about a Node request that the request does not hold itself. */
export interface NodeRequestFacts {
  /** Target of the request before a framework cut its path. Default: the request's own `url`. */
  readonly url?: string | undefined
  /** Server that the request came to. Default: the server that Node keeps at the socket. */
  readonly server?: BoundServer | undefined
}

/**
 * Describes a request of Node's servers for a {@link RequestHandler}.
 *
 * @throws UsageError when the request is of another kind, such as a framework's own.
 */
export function nodeRequest<Request extends NodeRequest>(
  request: Request,
  facts: NodeRequestFacts = {},
): ConnectRequest<Request> {
  const { socket, headers } = checkRequest(request)
  const { url = request.url, server = (socket as { readonly server?: BoundServer }).server } = facts
  return new ConnectRequest({
    native: request,
    url,
    headers: Object.entries(headers),
    remoteAddress: () => socket.remoteAddress ?? '',
    boundTo: () => server?.address?.(),
  })
}

function checkRequest<Request extends NodeRequest>(request: Request): Request {
  const { socket, headers } = (request ?? {}) as Partial<NodeRequest>
  if (socket && headers) return request
  throw new UsageError(
    `unable to take the request: give a request of node:http, such as request.raw of Fastify or ctx.req of Koa, and not ${describe(request)}`,
  )
}
