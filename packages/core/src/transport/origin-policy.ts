import { type ParsedUrl, platform } from '../runtime/globals.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { askApplication } from './ask-application.ts'
import type { Handshake } from './connection.ts'
import type { Refusal } from './refusal.ts'
import type { AdmissionOptions } from './request-options.ts'

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/** Refusal of a page with an origin that may not connect. */
export const foreignOrigin: Refusal = {
  status: 403,
  message:
    "This origin may not connect. Pages of the same origin may; others when the option 'origins' lists them.",
}
const foreignHost: Refusal = {
  status: 403,
  message:
    "The Host header is none of the names of this server. A server that listens on a loopback address answers to localhost only, until the option 'hosts' lists its names.",
}

/**
 * Decides which pages may connect. Browsers send cookies with an upgrade from any page, and only the origin
 * that they tell keeps a foreign page out. A client that sends no `Origin` is no browser and could write any
 * origin.
 */
export class OriginPolicy {
  readonly #origins: AdmissionOptions['origins']
  readonly #hosts: readonly string[] | undefined

  /** @throws UsageError when an option has the wrong type, or an item could never match. */
  constructor({ origins, hosts }: AdmissionOptions) {
    if (typeof origins !== 'function') checkList('origins', origins, checkOrigin)
    checkList('hosts', hosts, checkHost)
    this.#origins = origins
    this.#hosts = hosts?.map((name) => name.toLowerCase())
  }

  /**
   * Returns the refusal of a request; `null` when it may connect. `boundTo` returns the address that the
   * server listens on, and is called for pages only.
   */
  check(handshake: Handshake, boundTo: () => string | null): MaybePromise<Refusal | null> {
    const { origin } = handshake
    if (origin === null) return null
    const host = handshake.headers['host'] ?? ''
    const hosts = this.#hosts ?? (this.#origins === undefined && isLoopback(boundTo()) ? loopbackNames : null)
    if (hosts !== null && !isNamed(host, hosts)) return foreignHost
    const origins = this.#origins
    if (origins === undefined) return isSameOrigin(origin, host) ? null : foreignOrigin
    if (typeof origins !== 'function') return origins.includes(origin) ? null : foreignOrigin
    return askApplication(() => origins(origin, handshake), {
      answered: (allowed) => (allowed === true ? null : foreignOrigin),
      failed: (error) => ({ status: 500, message: 'The origin could not be checked.', error }),
    })
  }
}

/** The schemes may differ: behind a proxy the server does not know whether the page came over TLS. */
function isSameOrigin(origin: string, host: string): boolean {
  const page = parse(origin)
  if (page === null || page.origin !== origin) return false
  return hostOf(host, page.protocol)?.host === page.host
}

function isNamed(host: string, names: readonly string[]): boolean {
  const url = hostOf(host, 'http:')
  return url !== null && names.some((name) => name === url.hostname || name === host.toLowerCase())
}

function hostOf(host: string, protocol: string): ParsedUrl | null {
  return host === '' || /[\s/\\?#@]/.test(host) ? null : parse(`${protocol}//${host}`)
}

function parse(url: string): ParsedUrl | null {
  try {
    return new platform.URL(url)
  } catch {
    return null
  }
}

function isLoopback(address: string | null): boolean {
  return address !== null && /^(?:::ffff:)?127\.|^::1$/.test(address)
}

/** A text would pass for a list: its `includes` compares parts of it. */
function checkList(
  name: 'origins' | 'hosts',
  list: readonly string[] | undefined,
  check: (item: string) => void,
): void {
  if (list === undefined) return
  if (!Array.isArray(list))
    throw new UsageError(
      `unable to serve the hub: the option '${name}' is ${describe(list)}; give a list of texts${name === 'origins' ? ', or a function that decides' : ''}`,
    )
  for (const item of list) {
    if (typeof item !== 'string')
      throw new UsageError(
        `unable to serve the hub: the option '${name}' has ${describe(item)} in its list; give texts`,
      )
    check(item)
  }
}

function checkOrigin(origin: string): void {
  const url = parse(origin)
  const isWeb = /^https?:/i.test(origin)
  const exact = isWeb
    ? url?.origin === origin
    : /^(?:null|file:\/\/|[a-z][a-z\d+.-]*:\/\/[^\s/?#]+)$/.test(origin)
  if (exact && !origin.includes('*')) return
  const instead = isWeb && url !== null && !exact ? url.origin : 'https://app.example'
  throw new UsageError(
    `unable to serve the hub: ${JSON.stringify(origin)} in the option 'origins' matches no Origin header; write it as browsers do, such as "${instead}", or give a function that decides`,
  )
}

function checkHost(name: string): void {
  if (hostOf(name, 'http:') !== null && !name.includes('*')) return
  throw new UsageError(
    `unable to serve the hub: ${JSON.stringify(name)} in the option 'hosts' is no host; write a name such as "app.example"; a port restricts the name to that port`,
  )
}
