import { UsageError } from '@chat/core'

/** Hosts that a secure page may reach without TLS, because their traffic never leaves the machine. */
const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/

/**
 * Returns the URL of a hub for a WebSocket: resolves a relative URL against the page, and turns `http:` into
 * `ws:` and `https:` into `wss:`.
 *
 * @throws UsageError when the URL cannot be a hub's.
 */
export function socketUrl(url: string | URL, page: string | undefined = pageUrl()): URL {
  const fail = (reason: string): never => {
    throw new UsageError(`unable to connect to ${JSON.stringify(withoutSecrets(String(url)))}: ${reason}`)
  }
  const target = url ? parseUrl(String(url), page) : null
  if (target === null) return fail("give a path such as '/chat', or a URL such as 'wss://host/chat'")
  target.protocol = target.protocol.replace('http', 'ws')
  target.hash = ''
  if (!/^wss?:$/.test(target.protocol)) return fail('give a URL with wss:, ws:, https: or http:')
  if (target.username || target.password)
    return fail('a URL has no user and password here; use the option `token`')
  if (target.protocol === 'ws:' && page?.startsWith('https:') && !loopback.test(target.hostname))
    return fail('a page from https: reaches hubs over wss: only')
  return target
}

/** Returns `null` for a text that is no URL: the browsers of 2022 have no `URL.canParse`. */
function parseUrl(url: string, base: string | undefined): URL | null {
  try {
    return new URL(url, base)
  } catch {
    return null
  }
}

/** Returns the base of relative URLs, as for `fetch`: the document's base, in workers their own URL. */
function pageUrl(): string | undefined {
  const { document, location } = globalThis as Partial<typeof globalThis>
  return document?.baseURI ?? location?.href
}

/** Returns a URL without user, password and query, for logs. */
export const withoutSecrets = (url: string): string => url.replace(/\/\/[^/]*@/, '//').replace(/[?#].*/, '')
