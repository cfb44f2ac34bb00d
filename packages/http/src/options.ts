import type { AdmissionOptions, Refusal } from '@chat/core/transport'

/** How a hub takes clients over HTTP. `Request` is what the host's requests are. Durations in milliseconds. */
export interface HttpHandlerOptions<Request> extends AdmissionOptions {
  /** How many clients may be connected at a time; one more is answered with 429. Default: 10 000. */
  readonly maxConnections?: number
  /**
   * No stream is silent for longer: a client to which nothing was said gets a comment, which keeps proxies and servers that end what is idle from ending the
   * stream; Bun's does so after 10 s. Default: 8 000.
   */
  readonly heartbeat?: number
  /**
   * How many bytes to write ahead of the stream, for proxies that hand on nothing until they have so much. Default: 2 048.
   */
  readonly padding?: number
  /** How long the body of a POST may take to arrive. Default: 10 000. */
  readonly bodyTimeout?: number
  /**
   * What to keep of the request that opens a stream, for `authenticate` to find as `context` in its `extra`. It lives as long as the connection. Called
   * once for each, after the origin was checked; a throw refuses it with 500. Default: nothing.
   */
  readonly context?: (request: Request) => unknown
  /** Called with each request that was refused for its path or its origin, for logs. A throw in it is ignored. Default: none. */
  readonly onRefused?: (refusal: Refusal, request: Request) => void
}

/** What `authenticate` finds in `extra`. */
export interface HttpExtra<T = unknown> {
  /** What {@link HttpHandlerOptions.context} made of the request. */
  readonly context: T
}
