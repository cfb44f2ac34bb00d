import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { ConnectRequest, type HeaderEntry } from './connect-request.ts'

/** Part of the web's `Request` that a transport uses. Structural: core knows no DOM. */
export interface WebRequest {
  /** The whole URL. */
  readonly url: string
  /** The web's `Headers`. */
  readonly headers: Iterable<HeaderEntry>
}

/** Facts about a request that the web's `Request` does not hold. */
export interface WebRequestFacts {
  /** Returns the peer's address; empty where the platform does not know it. */
  readonly remoteAddress: () => string
  /** Returns the platform's description of where the server listens. Default: unknown. */
  readonly boundTo?: () => unknown
}

/**
 * Describes a request of a `fetch` handler for a {@link RequestHandler}.
 *
 * @throws UsageError when the request is of another kind, such as a framework's context.
 */
export function webRequest<Request extends WebRequest>(
  request: Request,
  { remoteAddress, boundTo = () => null }: WebRequestFacts,
): ConnectRequest<Request> {
  const { url, headers } = checkRequest(request)
  return new ConnectRequest({
    native: request,
    url,
    headers,
    remoteAddress,
    boundTo,
  })
}

function checkRequest<Request extends WebRequest>(request: Request): Request {
  const { url, headers } = (request ?? {}) as Partial<WebRequest>
  if (typeof url === 'string' && typeof headers?.[Symbol.iterator] === 'function') return request
  throw new UsageError(
    `unable to take the request: give a Request, such as c.req.raw of Hono, and not ${describe(request)}`,
  )
}
