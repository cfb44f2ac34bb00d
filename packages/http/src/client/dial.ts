import { ChatError, type ErrorCode, UsageError } from '@chat/core'
import type { Connection, Dialer, DialOptions } from '@chat/core/transport'
import { header } from '../wire.ts'
import { HttpClientConnection } from './connection.ts'
import type { ServerEvent } from './event-parser.ts'
import { EventStream } from './event-stream.ts'
import { firstWords } from './first-words.ts'

/** How {@link dial} reaches a hub. */
export interface HttpDialOptions {
  /** Headers of every request, such as `cookie` outside of browsers. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Makes the requests: for proxies, and for TLS with certificates of your own. Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch
  /**
   * Whether a response that is not read holds the server back, which `capabilities.pause` then says. Node's `fetch` does so, but among browsers WebKit reads whatever
   * comes. Default: `true`.
   */
  readonly pause?: boolean
}

/**
 * Reaches a hub over HTTP, from Node, Bun, Deno, pages and workers: for a `Client` where WebSocket is blocked. `connect` of `@chat/browser` does so by itself.
 *
 * ```ts
 * const client = new Client({ dial: dial('https://app.example/chat'), token: 'alice' })
 * ```
 *
 * A page sends its cookies with it. The dialer rejects with a `ChatError` when there is no connection: `unavailable`, or what the server's status says:
 * `unauthorized` (401), `forbidden` (403), `not_found` (404); `Retry-After` becomes `retryAfter`.
 *
 * @throws UsageError when the URL is none of `http:`, `https:`, `ws:` or `wss:`.
 */
export function dial(url: string | URL, options: HttpDialOptions = {}): Dialer {
  const target = checked(url)
  return async (asked) => {
    const { signal } = asked
    signal.throwIfAborted()
    const aborter = new AbortController()
    const giveUp = (): void => aborter.abort(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await open({ target, options, aborter }, asked)
    } catch (error) {
      aborter.abort(error)
      throw signal.aborted ? signal.reason : errorOf(target, error)
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }
}

interface Attempt {
  readonly target: URL
  readonly options: HttpDialOptions
  readonly aborter: AbortController
}

async function open({ target, options, aborter }: Attempt, { protocols }: DialOptions): Promise<Connection> {
  const { fetch: request = fetch, headers = {}, pause = true } = options
  // What every request of the connection has. A hub that is somewhere else now is another hub.
  const common: RequestInit = { credentials: 'include', redirect: 'error', signal: aborter.signal }
  const offered = protocols.length > 0 ? { [header.protocol]: protocols.join(', ') } : {}
  const response = await request(target, {
    ...common,
    cache: 'no-store',
    headers: { ...headers, accept: 'text/event-stream', ...offered },
  })
  const { body } = response
  if (!response.ok || body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
    throw await refusal(target, response)
  const stream = new EventStream(body)
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

/** A stream begins with the connection's id; what stands between may have written comments before. */
async function firstEvents(
  stream: EventStream,
  signal: AbortSignal,
): Promise<[ServerEvent, ...ServerEvent[]]> {
  const cancel = (): void => stream.cancel()
  signal.addEventListener('abort', cancel)
  try {
    for (let events: ServerEvent[] | null = []; events !== null; events = await stream.next()) {
      signal.throwIfAborted()
      const [first, ...rest] = events
      if (first === undefined) continue
      if (first.type === 'open' && /^[\w-]{16,128}$/.test(first.data)) return [first, ...rest]
      break
    }
    throw new Error('what answered is no hub')
  } catch (error) {
    stream.cancel()
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

const codes: Readonly<Record<number, ErrorCode>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'not_found' }

async function refusal(target: URL, response: Response): Promise<ChatError> {
  const retryAfter = Number(response.headers.get('retry-after')) * 1_000
  const code = codes[response.status] ?? 'unavailable'
  return new ChatError(
    code,
    `unable to connect to ${named(target)}: the server answered ${await firstWords(response)}`,
    retryAfter > 0 ? { retryAfter } : {},
  )
}

function errorOf(target: URL, cause: unknown): ChatError {
  if (cause instanceof ChatError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ChatError('unavailable', `unable to connect to ${named(target)}: ${reason}`, { cause })
}

/** The query may hold secrets and is left out. */
const named = ({ origin, pathname }: URL): string => origin + pathname

function checked(url: string | URL): URL {
  const target = URL.canParse(String(url)) ? new URL(url) : null
  if (target === null || !/^(?:ws|http)s?:$/.test(target.protocol))
    throw new UsageError('unable to dial: the URL is not absolute, such as "https://app.example/chat"')
  target.hash = ''
  target.protocol = target.protocol.replace('ws', 'http')
  return target
}
