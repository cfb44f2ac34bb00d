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

/** Describes a request of a `fetch` handler for a {@link RequestHandler}. */
export function webRequest<Request extends WebRequest>(
  request: Request,
  { remoteAddress, boundTo = () => null }: WebRequestFacts,
): ConnectRequest<Request> {
  return new ConnectRequest({
    native: request,
    url: request.url,
    headers: request.headers,
    remoteAddress,
    boundTo,
  })
}
