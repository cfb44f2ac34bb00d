import { UsageError } from '@chat/core'
import { checkByRules, type Dialer, type OptionRules } from '@chat/core/transport'
import { httpDialer } from './http-dialer.ts'
import type { HttpDialOptions } from './options.ts'

const rules: OptionRules<HttpDialOptions> = {
  headers: ['a plain object of texts', isTextRecord],
  fetch: ['a function', (value) => typeof value === 'function'],
  pause: ['true or false', (value) => typeof value === 'boolean'],
}

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
 * @throws UsageError when the URL has another scheme than `http:`, `https:`, `ws:` and `wss:`, or has a user or
 * a password, or an option does not exist or has a wrong value.
 */
export function dial(url: string | URL, options: HttpDialOptions = {}): Dialer {
  checkByRules('dial', options, rules)
  return httpDialer({ target: httpUrl(url), ...options })
}

/** Tells if a value is an object of texts; `Headers` hold theirs elsewhere. */
function isTextRecord(value: unknown): boolean {
  const plain = Object.prototype.toString.call(value) === '[object Object]'
  return plain && Object.values(value as object).every((text) => typeof text === 'string')
}

/** Checks the URL once, in the call that has it. */
function httpUrl(url: string | URL): URL {
  const target = parseUrl(String(url))
  if (target === null || !/^(?:ws|http)s?:$/.test(target.protocol))
    throw new UsageError(
      'unable to dial: the URL is not absolute; give one such as "https://app.example/chat", with https:, http:, wss: or ws:',
    )
  // `fetch` takes no such URL, and its error would tell the password.
  if (target.username !== '' || target.password !== '')
    throw new UsageError(
      "unable to dial: the URL has a user or a password, with which no request can be made; give the option 'headers' an Authorization header, or the client a token",
    )
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
