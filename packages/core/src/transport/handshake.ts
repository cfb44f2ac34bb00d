import { platform } from '../runtime/globals.ts'
import type { ConnectRequest } from './connect-request.ts'
import type { Handshake } from './connection.ts'
import { none, TextRecord } from './text-record.ts'

/** Path and query of a request's target. */
export interface Target {
  /** Path, as it arrived. */
  readonly path: string
  /** Query without the `?`; may be empty. */
  readonly search: string
}

/** Splits a request's target as it arrived: normalising it could turn a path into another hub's path. */
export function targetOf(url: string): Target {
  const relative = url.startsWith('/') ? url : withoutOrigin(url)
  const query = relative.indexOf('?')
  if (query < 0) return { path: relative, search: '' }
  return { path: relative.slice(0, query), search: relative.slice(query + 1) }
}

/** A proxy may write the whole URL (RFC 9112 §3.2.2), and the web's `Request` has it. */
function withoutOrigin(url: string): string {
  return url.replace(/^(?:http|ws)s?:\/\/[^/?]*/i, '')
}

/** Facts about a request that are found outside its headers. */
export interface RequestFacts {
  /** Parameters of the path. */
  readonly params: Readonly<TextRecord>
  /** The client's address. */
  readonly remoteAddress: string
}

/** Makes the handshake of a request from its parts. */
export function handshakeOf(
  { headers }: ConnectRequest,
  { path, search }: Target,
  { params, remoteAddress }: RequestFacts,
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

/**
 * Returns the first subprotocol of an offer that the hub speaks; empty when it speaks no offered subprotocol
 * (P-FR-8).
 */
export function agreedProtocol(offer: string | undefined, subprotocols: readonly string[]): string {
  for (const name of (offer ?? '').split(',')) if (subprotocols.includes(name.trim())) return name.trim()
  return ''
}

function queryOf(search: string): Readonly<TextRecord> {
  if (search === '') return none
  const query = new TextRecord()
  for (const [name, value] of new platform.URLSearchParams(search)) if (!(name in query)) query[name] = value
  return query
}

/**
 * RFC 6265 §5.4: of several cookies with the same name the first has the most specific path, so the first
 * counts.
 */
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

/** Cookies need no percent-encoding: a value that is not encoded correctly stays as it is. */
function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
