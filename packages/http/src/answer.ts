import type { Refusal } from '@chat/core/transport'
import { refusalAnswer } from '@chat/core/transport'
import { header } from './wire.ts'

/** What is answered, in terms of no server in particular. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | ReadableStream<Uint8Array> | null
}

/** Every answer depends on whose page asked; a cache between must know. */
const always = { vary: 'Origin', 'cache-control': 'no-store' }

const requestHeaders = ['content-type', ...Object.values(header)].join(', ')

/** What the page of an origin that may connect needs to be told. */
export function allowing(origin: string | null): Record<string, string> {
  if (origin === null) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': `${header.protocol}, retry-after`,
  }
}

/** The answer to a browser that asks on behalf of a page. */
export function preflightAnswer(origin: string | null): Answer {
  return plain(204, null, {
    ...allowing(origin),
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': requestHeaders,
    'access-control-max-age': '600',
  })
}

/** The stream of a connection. What stands between must not hold it back, change it or keep it. */
export function streamAnswer(stream: ReadableStream<Uint8Array>, headers: Record<string, string>): Answer {
  return {
    status: 200,
    headers: {
      ...always,
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: stream,
  }
}

/** A few words for the one who reads them, or none. */
export function plain(status: number, message: string | null, headers: Record<string, string> = {}): Answer {
  if (message === null) return { status, headers: { ...always, ...headers }, body: null }
  const text = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return { status, headers: { ...always, ...text, ...headers }, body: `${message}\n` }
}

/** What a refusal says, with what lets a page read it. */
export function refused(refusal: Refusal, headers: Record<string, string> = {}): Answer {
  const answer = refusalAnswer(refusal)
  const lower = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value])
  return {
    status: refusal.status,
    headers: { ...always, ...headers, ...Object.fromEntries(lower) },
    body: answer.body,
  }
}
