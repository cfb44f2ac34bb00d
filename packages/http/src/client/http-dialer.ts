import { ChatError } from '@chat/core'
import {
  answerError,
  type Connection,
  type Dialer,
  type DialOptions,
  unreachableError,
} from '@chat/core/transport'
import { header } from '../http-binding.ts'
import { HttpClientConnection } from './connection.ts'
import type { ServerEvent } from './event-parser.ts'
import { EventStream } from './event-stream.ts'
import type { HttpDialOptions } from './options.ts'
import { readBeginning } from './read-beginning.ts'

/** Parts of a dialer over HTTP, which are checked already. */
export interface HttpDialerParts extends HttpDialOptions {
  /** URL of the hub, with the scheme `http:`, `https:`, `ws:` or `wss:`. */
  readonly target: URL
}

/** Makes a dialer over HTTP for a transport that has checked the URL, such as `@chat/browser`; see {@link dial}. */
export function httpDialer({ target, ...options }: HttpDialerParts): Dialer {
  const url = new URL(target)
  url.hash = ''
  url.protocol = url.protocol.replace('ws', 'http')
  return async ({ protocols, signal }) => {
    signal.throwIfAborted()
    const aborter = new AbortController()
    const onAbort = (): void => aborter.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await open({ url, ...options, aborter }, protocols)
    } catch (error) {
      aborter.abort(error)
      if (signal.aborted) throw signal.reason
      throw error instanceof ChatError ? error : unreachableError(url, error)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

interface Attempt extends HttpDialOptions {
  readonly url: URL
  /** Ends all requests of the connection. */
  readonly aborter: AbortController
}

async function open(
  { url, fetch: request = fetch, headers, pause = true, aborter }: Attempt,
  protocols: DialOptions['protocols'],
): Promise<Connection> {
  // Redirects are errors: a hub at another URL is another hub.
  const common: RequestInit = { credentials: 'include', redirect: 'error', signal: aborter.signal }
  const offer = protocols.length > 0 ? { [header.protocol]: protocols.join(', ') } : {}
  const response = await request(url, {
    ...common,
    // An error of `fetch` would not tell where the redirect leads.
    redirect: 'manual',
    cache: 'no-store',
    headers: { ...headers, accept: 'text/event-stream', ...offer },
  })
  const stream = new EventStream(await bodyOf(url, response), aborter.signal)
  const [{ data: id }, ...early] = await firstEvents(stream, aborter.signal)
  return new HttpClientConnection({
    protocol: response.headers.get(header.protocol) ?? '',
    pause,
    stream,
    early,
    aborter,
    post: (body, more) =>
      request(url, {
        ...common,
        method: 'POST',
        headers: { ...headers, ...more, 'content-type': 'application/json', [header.connection]: id },
        body,
      }),
  })
}

/** Returns the body of an event stream; rejects for every other answer. */
async function bodyOf(url: URL, response: Response): Promise<ReadableStream<Uint8Array>> {
  const { status, ok, body, headers } = response
  if (ok && body !== null && headers.get('content-type')?.startsWith('text/event-stream')) return body
  const text = await readBeginning(response)
  throw answerError(url, {
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
