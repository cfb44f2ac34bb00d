import { TextRecord } from './text-record.ts'

/** Header as a server gives it: a list where the server keeps repeated headers apart. */
export type HeaderEntry = readonly [name: string, value: string | readonly string[] | undefined]

/** Request of a server, in parts that {@link ConnectRequest} asks for when they are needed. */
export interface ConnectRequestParts<Request> {
  /** The server's own request, for `context` and `onRefused` of the application. */
  readonly native: Request
  /** Target of the request as it arrived, or its whole URL. Default: an empty path. */
  readonly url: string | undefined
  /** Headers in any case; the web's `Headers` fit as they are, and so do `Object.entries` of Node's. */
  readonly headers: Iterable<HeaderEntry>
  /** Returns the peer's address; empty where the platform does not know it. */
  readonly remoteAddress: () => string
  /**
   * Returns the server's own description of where it listens: an object with an `address`, as in Node and
   * Bun. Any other value means unknown.
   */
  readonly boundTo: () => unknown
}

/** Request for a connection, the same for every server. `Request` is the server's own type of request. */
export class ConnectRequest<Request = unknown> {
  /** The server's own request. */
  readonly native: Request
  /** Target of the request as it arrived, or its whole URL. */
  readonly url: string
  readonly #parts: ConnectRequestParts<Request>
  #headers: Readonly<TextRecord> | null = null

  constructor(parts: ConnectRequestParts<Request>) {
    this.native = parts.native
    this.url = parts.url ?? ''
    this.#parts = parts
  }

  /**
   * Headers by name in lower case; repeated headers are joined by a comma, and `host` is there over HTTP/2 as
   * well.
   */
  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= recordOf(this.#parts.headers)
    return this.#headers
  }

  /** The peer's address; empty where the platform does not know it. */
  get remoteAddress(): string {
    return this.#parts.remoteAddress()
  }

  /**
   * IP address that the server listens on; `null` when it is unknown, or the server listens on no IP address.
   */
  get boundTo(): string | null {
    const bound = this.#parts.boundTo()
    if (typeof bound !== 'object' || bound === null || !('address' in bound)) return null
    return typeof bound.address === 'string' ? bound.address : null
  }

  /** True if the request asks for a WebSocket. */
  get isUpgrade(): boolean {
    return this.headers['upgrade']?.toLowerCase() === 'websocket'
  }
}

/**
 * HTTP/2 has `:authority` in place of the header `Host`, and other names with a colon that are no headers.
 */
function recordOf(entries: Iterable<HeaderEntry>): Readonly<TextRecord> {
  const record = new TextRecord()
  let authority: string | undefined
  for (const [name, value] of entries) {
    if (value === undefined) continue
    const text = typeof value === 'string' ? value : value.join(', ')
    if (!name.startsWith(':')) record[name.toLowerCase()] = text
    else if (name === ':authority') authority = text
  }
  if (authority !== undefined) record['host'] = authority
  return record
}
