import { type ParsedUrl, platform } from '../runtime/globals.ts'
import { UsageError } from '../vocabulary/errors.ts'
import type { AdmissionOptions } from './admission-options.ts'
import type { Handshake } from './connection.ts'
import type { Refusal } from './refusal.ts'

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

const strangeOrigin: Refusal = {
  status: 403,
  message:
    'This origin may not connect. Pages of the same origin may; others when the `origins` option lists them.',
}
const strangeHost: Refusal = {
  status: 403,
  message:
    'The Host header is none of the names of this server. One that listens on a loopback address answers to localhost only, until the `hosts` option lists its names.',
}

/**
 * Browsers send cookies with an upgrade from any page, and tell the page's origin: the only thing that keeps a foreign page out. Whoever sends no
 * `Origin` is no browser and could write what it likes.
 */
export class OriginPolicy {
  readonly #origins: AdmissionOptions['origins']
  readonly #hosts: readonly string[] | undefined

  /** @throws UsageError when an entry could never match. */
  constructor({ origins, hosts }: AdmissionOptions) {
    if (typeof origins === 'object') origins.forEach(checkOrigin)
    hosts?.forEach(checkHost)
    this.#origins = origins
    this.#hosts = hosts?.map((name) => name.toLowerCase())
  }

  /** Why a request may not connect; `null` when it may. `boundTo` is asked for the address that the server listens on. */
  check(handshake: Handshake, boundTo: () => string | null): Refusal | null {
    const { origin } = handshake
    if (origin === null) return null
    const host = handshake.headers['host'] ?? ''
    const hosts = this.#hosts ?? (this.#origins === undefined && isLoopback(boundTo()) ? loopbackNames : null)
    if (hosts !== null && !isNamed(host, hosts)) return strangeHost
    const origins = this.#origins
    if (origins === undefined) return isSameOrigin(origin, host) ? null : strangeOrigin
    if (typeof origins !== 'function') return origins.includes(origin) ? null : strangeOrigin
    return ask(() => origins(origin, handshake))
  }
}

function ask(allowed: () => boolean): Refusal | null {
  try {
    // A promise is no `true`: an async function would let everyone in.
    return allowed() === true ? null : strangeOrigin
  } catch (error) {
    return { status: 500, message: 'The origin could not be checked.', error }
  }
}

/** The schemes may differ: behind a proxy nobody here knows whether the page came over TLS. */
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

function checkOrigin(origin: string): void {
  const url = parse(origin)
  const isWeb = /^https?:/i.test(origin)
  const exact = isWeb ? url?.origin === origin : /^(?:null|[a-z][a-z\d+.-]*:\/\/[^\s/?#]+)$/.test(origin)
  if (exact && !origin.includes('*')) return
  const instead = isWeb && url !== null && !exact ? url.origin : 'https://app.example'
  throw new UsageError(
    `unable to attach: ${JSON.stringify(origin)} in \`origins\` matches no Origin header; write it as browsers do, such as "${instead}", or give a function that decides`,
  )
}

function checkHost(name: string): void {
  if (hostOf(name, 'http:') !== null && !name.includes('*')) return
  throw new UsageError(
    `unable to attach: ${JSON.stringify(name)} in \`hosts\` is no host; write a name such as "app.example", with a port only if no other shall do`,
  )
}
