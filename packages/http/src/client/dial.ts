import { ChatError, UsageError } from '@chat/core'
import {
  answerError,
  type Connection,
  checkOptions,
  type Dialer,
  type DialOptions,
  type OptionNames,
  unreachableError,
} from '@chat/core/transport'
import { header } from '../http-binding.ts'
import { HttpClientConnection } from './connection.ts'
import type { ServerEvent } from './event-parser.ts'
import { EventStream } from './event-stream.ts'
import { readBeginning } from './read-beginning.ts'

/** Options of {@link dial}. */
export interface HttpDialOptions {
  /** Headers of every request, such as `cookie` outside of browsers. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Makes the requests: for proxies, and for TLS with certificates of your own. Default: the platform's
   * `fetch`.
   */
  readonly fetch?: typeof fetch | undefined
  /**
   * True if a response that is not read holds the server back, as `capabilities.pause` then declares. Node's
   * `fetch` does so; among browsers WebKit reads on. Default: `true`.
   */
  readonly pause?: boolean | undefined
}

const optionNames: OptionNames<HttpDialOptions> = { headers: true, fetch: true, pause: true }

/**
 * Makes a dialer that reaches a hub over HTTP, from Node, Bun, Deno, pages and workers: for a `Client` where
 * WebSocket is blocked. `connect` of `@chat/browser` uses it by itself.
 *
 * ```ts
 * const client = new Client({ dial: dial('https://app.example/chat'), token: 'alice' })
 * ```
 *
 * A page sends its cookies with each request. Without a connection the dialer rejects with a `ChatError`:
 * `unavailable`, or the code that stands for the server's status: `unauthorized` (401), `forbidden` (403),
 * `not_found` (404); `Retry-After` becomes `retryAfter`.
 *
 * @throws UsageError when the URL has another scheme than `http:`, `https:`, `ws:` and `wss:`, or an option
 * does not exist.
 */
export function dial(url: string | URL, options: HttpDialOptions = {}): Dialer {
  checkOptions('dial', options, optionNames)
  const target = httpUrl(url)
  return async (asked) => {
    const { signal } = asked
    signal.throwIfAborted()
    const aborter = new AbortController()
    const onAbort = (): void => aborter.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await open({ target, options, aborter }, asked)
    } catch (error) {
      aborter.abort(error)
      if (signal.aborted) throw signal.reason
      throw error instanceof ChatError ? error : unreachableError(target, error)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

interface Attempt {
  readonly target: URL
  readonly options: HttpDialOptions
  /** Ends all requests of the connection. */
  readonly aborter: AbortController
}

async function open({ target, options, aborter }: Attempt, { protocols }: DialOptions): Promise<Connection> {
  const { fetch: request = fetch, headers = {}, pause = true } = options
  // Redirects are errors: a hub at another URL is another hub.
  const common: RequestInit = { credentials: 'include', redirect: 'error', signal: aborter.signal }
  const offer = protocols.length > 0 ? { [header.protocol]: protocols.join(', ') } : {}
  const response = await request(target, {
    ...common,
    // An error of `fetch` would not tell where the redirect leads.
    redirect: 'manual',
    cache: 'no-store',
    headers: { ...headers, accept: 'text/event-stream', ...offer },
  })
  const stream = new EventStream(await bodyOf(target, response), aborter.signal)
  const [{ data: id }, ...early] = await firstEvents(stream, aborter.signal)
  return new HttpClientConnection({
    protocol: response.headers.get(header.protocol) ?? '',
    pause,
    stream,
    early,
    aborter,
    post: (text, more) =>
      request(target, {
        ...common,
        method: 'POST',
        headers: {
          ...headers,
          ...more,
          'content-type': 'application/json',
          [header.connection]: id,
        },
        body: text,
      }),
  })
}

/** Returns the body of an event stream; rejects for every other answer. */
async function bodyOf(target: URL, response: Response): Promise<ReadableStream<Uint8Array>> {
  const { status, ok, body, headers } = response
  if (ok && body !== null && headers.get('content-type')?.startsWith('text/event-stream')) return body
  const text = await readBeginning(response)
  throw answerError(target, {
    status,
    retryAfter: headers.get('retry-after'),
    location: headers.get('location'),
    text,
  })
}

/**
 * Resolves with the first events, of which the first has the connection's id. Proxies may have written
 * comments before them.
 */
async function firstEvents(
  stream: EventStream,
  signal: AbortSignal,
): Promise<[ServerEvent, ...ServerEvent[]]> {
  for (let events: ServerEvent[] | null = []; events !== null; events = await stream.next()) {
    signal.throwIfAborted()
    const [first, ...rest] = events
    if (first === undefined) continue
    if (first.type === 'open' && /^[\w-]{16,128}$/.test(first.data)) return [first, ...rest]
    break
  }
  throw new Error('the answer is not from a hub')
}

/** Checks the URL once, in the call that has it. */
function httpUrl(url: string | URL): URL {
  const target = parseUrl(String(url))
  if (target === null || !/^(?:ws|http)s?:$/.test(target.protocol))
    throw new UsageError(
      'unable to dial: the URL is not absolute; give one such as "https://app.example/chat", with https:, http:, wss: or ws:',
    )
  target.hash = ''
  target.protocol = target.protocol.replace('ws', 'http')
  return target
}

/** Returns `null` for a text that is no URL: the browsers of 2022 have no `URL.canParse`. */
function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
