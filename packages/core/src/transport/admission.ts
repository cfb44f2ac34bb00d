import type { AdmissionOptions } from './admission-options.ts'
import { type ConnectRequest, handshakeOf, type Target, targetOf } from './connect-request.ts'
import type { Handshake } from './connection.ts'
import { OriginPolicy } from './origin-policy.ts'
import { PathPattern } from './path-pattern.ts'
import type { Refusal } from './refusal.ts'
import { none, type TextRecord } from './text-record.ts'

/** A path that is the hub's, and what its parameters matched. */
export interface Place extends Target {
  /** `malformed`: the path is not encoded correctly, and {@link Admission.examine} refuses it. */
  readonly params: Readonly<Record<string, string>> | 'malformed'
}

/** What {@link Admission.examine} needs besides the place. */
export interface Examined {
  readonly place: Place
  readonly request: ConnectRequest
  /** The address that the server listens on; `null` when nobody knows. Asked only for pages. */
  readonly boundTo: () => string | null
  /** What the application keeps of the request; a throw refuses it. */
  readonly context: () => unknown
}

/** A request that may connect. */
export interface Admitted {
  readonly handshake: Handshake
  readonly context: unknown
}

const closing: Refusal = {
  status: 503,
  message: 'The server is shutting down.',
  headers: { 'Retry-After': '5' },
}
const malformed: Refusal = { status: 400, message: 'The path is not encoded correctly.' }

/**
 * What every transport of a server asks before it hands a connection to the hub: is the path the hub's, may the page connect, and what is known of
 * the client. For those who write a transport; the options are those that users know from every `attach`.
 */
export class Admission {
  /** The same for two that answer the same paths. Sorted, the more particular comes first. Empty for one that answers every path. */
  readonly shape: string
  readonly #hub: { readonly closing: boolean }
  readonly #pattern: PathPattern | null
  readonly #policy: OriginPolicy

  /** @throws UsageError when an option cannot work. */
  constructor(hub: { readonly closing: boolean }, options: AdmissionOptions) {
    this.#hub = hub
    this.#pattern = options.path === undefined ? null : new PathPattern(options.path)
    this.#policy = new OriginPolicy(options)
    this.shape = this.#pattern?.shape ?? ''
  }

  /** Where a request goes, by its target or its whole URL; `null` when the path is not the hub's. */
  match(url: string | undefined): Place | null {
    const target = targetOf(url)
    const params = this.#pattern === null ? none : this.#pattern.match(target.path)
    return params === null ? null : { ...target, params }
  }

  /** The same for a request whose path the host has matched: where it fits the pattern it has parameters, and else none. */
  matched(url: string | undefined): Place {
    return this.match(url) ?? { ...targetOf(url), params: none }
  }

  /** Whether a request may connect, and what is known of it; or why it may not. Never throws. */
  examine({ place, request, boundTo, context }: Examined): Admitted | Refusal {
    if (place.params === 'malformed') return malformed
    if (this.#hub.closing) return closing
    const handshake = handshakeOf(request, place, place.params as TextRecord)
    const refusal = this.#policy.check(handshake, boundTo)
    if (refusal !== null) return refusal
    try {
      return { handshake, context: context() }
    } catch (error) {
      return { status: 500, message: 'The request could not be examined.', error }
    }
  }
}
