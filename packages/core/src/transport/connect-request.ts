import { platform } from '../runtime/globals.ts'
import type { Handshake } from './connection.ts'
import { none, TextRecord } from './text-record.ts'

/** A request for a connection, in terms of no server in particular. */
export interface ConnectRequest {
  /** Names in lower case; those of one name joined as HTTP says. */
  readonly headers: Readonly<Record<string, string>>
  /** The peer's address; empty where the platform tells none. */
  readonly remoteAddress: string
}

/** Where a request goes. */
export interface Target {
  readonly path: string
  /** Behind the `?`; may be empty. */
  readonly search: string
}

/** What a server knows of a request. The web's `Headers` fit as they are. */
export function connectRequest(
  headers: Iterable<readonly [name: string, value: string]>,
  remoteAddress: string,
): ConnectRequest {
  const copy = new TextRecord()
  for (const [name, value] of headers) copy[name.toLowerCase()] = value
  return { headers: copy, remoteAddress }
}

/** The subprotocol to agree on: of those that a request offers, the first that the hub speaks; empty when there is none (P-FR-8). */
export function agreedProtocol(headers: ConnectRequest['headers'], subprotocols: readonly string[]): string {
  const offered = headers['sec-websocket-protocol'] ?? ''
  for (const name of offered.split(',')) if (subprotocols.includes(name.trim())) return name.trim()
  return ''
}

/** Takes a request's target apart as it came: normalising it would let one path pass for another. */
export function targetOf(url = ''): Target {
  const relative = url.startsWith('/') ? url : withoutOrigin(url)
  const query = relative.indexOf('?')
  if (query < 0) return { path: relative, search: '' }
  return { path: relative.slice(0, query), search: relative.slice(query + 1) }
}

/** A proxy may write the whole URL (RFC 9112 §3.2.2), and a `Request` has it. */
function withoutOrigin(url: string): string {
  return url.replace(/^(?:http|ws)s?:\/\/[^/?]*/i, '')
}

/** What is known of the client that made a request, with the path's parameters. */
export function handshakeOf(
  { headers, remoteAddress }: ConnectRequest,
  { path, search }: Target,
  params: Readonly<TextRecord>,
): Handshake {
  return {
    path,
    params,
    query: queryOf(search),
    headers,
    cookies: cookiesOf(headers['cookie']),
    origin: headers['origin'] ?? null,
    remoteAddress,
  }
}

function queryOf(search: string): Readonly<TextRecord> {
  if (search === '') return none
  const query = new TextRecord()
  for (const [name, value] of new platform.URLSearchParams(search)) if (!(name in query)) query[name] = value
  return query
}

/** RFC 6265 §5.4. Of several with one name the first wins: it has the most particular path. */
function cookiesOf(header: string | undefined): Readonly<TextRecord> {
  if (header === undefined) return none
  const cookies = new TextRecord()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals).trim()
    if (equals < 0 || name in cookies) continue
    cookies[name] = decoded(unquoted(pair.slice(equals + 1).trim()))
  }
  return cookies
}

const unquoted = (value: string): string =>
  value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value

/** Not every cookie is percent-encoded; one that is not is taken as it is. */
function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
