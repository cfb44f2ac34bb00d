import { UsageError } from '@chat/core'

/** Hosts that a secure page may reach without TLS: they never leave the machine. */
const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/

/**
 * The URL of a hub as a WebSocket takes it: relative ones belong to the page, `http:` becomes `ws:`, `https:` becomes `wss:`.
 *
 * @throws UsageError when no hub can be there.
 */
export function socketUrl(url: string | URL, page: string | undefined = pageUrl()): URL {
  const fail = (reason: string): never => {
    throw new UsageError(`unable to connect to ${JSON.stringify(withoutSecrets(String(url)))}: ${reason}`)
  }
  if (!url) return fail("give the hub's path such as '/chat', or a URL such as 'wss://host/chat'")
  if (!URL.canParse(url, page)) return fail("it is no URL here; give the whole one, 'wss://host/chat'")
  const target = new URL(url, page)
  target.protocol = target.protocol.replace(/^http/, 'ws')
  target.hash = ''
  if (!/^wss?:$/.test(target.protocol)) return fail("a hub's URL starts with wss:, ws:, https: or http:")
  if (target.username !== '' || target.password !== '')
    return fail('browsers take no user and password in it; use the option `token`')
  if (target.protocol === 'ws:' && page?.startsWith('https:') && !loopback.test(target.hostname))
    return fail("a page that came over https: reaches hubs over wss: only; write 'wss:' or a path")
  return target
}

/** What relative URLs are relative to: as for `fetch`, the document's base, in workers their own address. */
function pageUrl(): string | undefined {
  const { document, location } = globalThis as Partial<typeof globalThis>
  return document?.baseURI ?? location?.href
}

/** What a page's log may hold of a URL. */
export const withoutSecrets = (url: string): string => url.replace(/\/\/[^/]*@/, '//').replace(/[?#].*/, '')
