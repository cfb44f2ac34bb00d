import { type OptionNames, type RequestOptions, requestOptionNames } from '@chat/core/transport'

/**
 * Options of `httpHandler` and `nodeHttpHandler`. `Request` is the type of the host's requests; durations in
 * milliseconds. `context` is called with the request that opens a stream, and `onRefused` with each request
 * that was refused for its path or its origin.
 */
export interface HttpHandlerOptions<Request> extends RequestOptions<Request> {
  /**
   * Longest silence of a stream: an idle client gets a comment, which keeps proxies and servers from ending
   * an idle stream; Bun's server does so after 10 s. Default: 8 000.
   */
  readonly heartbeat?: number | undefined
  /**
   * Bytes to write at the start of a stream, for proxies that buffer so much before they pass it on. Default:
   * 2 048.
   */
  readonly padding?: number | undefined
  /** Longest time that the body of a POST may take to arrive. Default: 10 000. */
  readonly bodyTimeout?: number | undefined
  /**
   * Name of this process, 1–32 characters of `[A-Za-z0-9]`, for a proxy in front of several processes. Each
   * connection id then starts with the name and a `-`. The proxy finds it in the header `Chat-Connection`, and
   * sends a client's POSTs to the process that has its stream. Default: no name.
   */
  readonly route?: string | undefined
}

/** Value that `authenticate` finds in `extra`. */
export interface HttpExtra<T = unknown> {
  /** Value that the option `context` returned for the request. */
  readonly context: T
}

export const optionNames: OptionNames<HttpHandlerOptions<never>> = {
  ...requestOptionNames,
  heartbeat: true,
  padding: true,
  bodyTimeout: true,
  route: true,
}
