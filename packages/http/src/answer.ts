import { type Refusal, refusalAnswer } from '@chat/core/transport'
import { header } from './http-binding.ts'

/** Answer to a request, the same for every server. */
export interface Answer {
  /** HTTP status. */
  readonly status: number
  /** Headers with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Body; `null` when the answer has no body. */
  readonly body: string | ReadableStream<Uint8Array> | null
}

/** Headers of every answer: it depends on the page's origin, which caches must know. */
const commonHeaders = { vary: 'Origin', 'cache-control': 'no-store' }

const requestHeaders = ['content-type', ...Object.values(header)].join(', ')

/**
 * Returns the CORS headers for the page of an origin that may connect; an empty record when the request is
 * not from a page.
 */
export function corsHeaders(origin: string | null): Record<string, string> {
  if (origin === null) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': `${header.protocol}, retry-after`,
  }
}

/** Returns the answer to a browser's preflight for a page. */
export function preflightAnswer(origin: string | null): Answer {
  return textAnswer(204, null, {
    ...corsHeaders(origin),
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': requestHeaders,
    'access-control-max-age': '600',
  })
}

/**
 * Returns the stream of a connection. Its headers tell proxies and caches not to delay, change or store it.
 */
export function streamAnswer(stream: ReadableStream<Uint8Array>, headers: Record<string, string>): Answer {
  return {
    status: 200,
    headers: {
      ...commonHeaders,
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: stream,
  }
}

/** Returns an answer with a text, or without a body. */
export function textAnswer(
  status: number,
  message: string | null,
  headers: Record<string, string> = {},
): Answer {
  if (message === null) return { status, headers: { ...commonHeaders, ...headers }, body: null }
  const text = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return { status, headers: { ...commonHeaders, ...text, ...headers }, body: `${message}\n` }
}

/** Returns the answer to a refused request; with the CORS headers of a page, that page can read it. */
export function refusedAnswer(refusal: Refusal, headers: Record<string, string> = {}): Answer {
  const answer = refusalAnswer(refusal)
  const lower = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value])
  return {
    status: refusal.status,
    headers: { ...commonHeaders, ...headers, ...Object.fromEntries(lower) },
    body: answer.body,
  }
}

/** Returns an answer with a value as JSON. */
export function jsonAnswer(status: number, value: unknown): Answer {
  const json = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }
  return { status, headers: { ...commonHeaders, ...json }, body: JSON.stringify(value) }
}
