import { encodeFrame } from '../../protocol/encode.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import type { Operation } from '../operations/pending-operations.ts'
import type { Token } from '../options.ts'

/** Credentials are refreshed when this much of their time is over. */
const refreshAt = 0.8

/** What credentials need of their client. */
export interface CredentialsHost {
  add(operation: Operation): void
  fault(error: unknown, subject: string): void
}

/**
 * Refreshes credentials in band before they expire. Whatever goes wrong is told and left at that: the hub ends the connection when they have
 * expired, and the next one begins with a fresh token.
 *
 * @internal
 */
export class TokenRefresh {
  readonly #runtime: Runtime
  readonly #token: Token
  readonly #host: CredentialsHost
  #timer: Undo | null = null
  /** Which connection this is: a token that comes later than its connection's end is not wanted. */
  #connection = 0

  constructor(runtime: Runtime, token: Token, host: CredentialsHost) {
    this.#runtime = runtime
    this.#token = token
    this.#host = host
  }

  /** The hub has taken credentials that hold for so many milliseconds; for ever when it does not say. */
  start(expires: number | undefined): void {
    this.stop()
    const token = this.#token
    if (expires === undefined || typeof token !== 'function') return
    const connection = this.#connection
    this.#timer = this.#runtime.timer(expires * refreshAt, () => {
      this.#timer = null
      attempt(
        token,
        (value) => {
          if (value !== null && connection === this.#connection) this.#authenticate(value)
        },
        (error) => {
          if (connection === this.#connection) this.#host.fault(error, 'token')
        },
      )
    })
  }

  /** The connection is gone. */
  stop(): void {
    this.#connection++
    this.#timer?.()
    this.#timer = null
  }

  #authenticate(token: string): void {
    const connection = this.#connection
    this.#host.add({
      publishes: false,
      repeat: 'bound',
      counts: false,
      frame: (ref) => encodeFrame('auth', ref, token),
      resolve: (result) => this.start(lifetime(result)),
      reject: (error) => {
        if (connection === this.#connection) this.#host.fault(error, 'token')
      },
    })
  }
}

function lifetime(result: unknown): number | undefined {
  const expires = (result as { readonly expires?: unknown } | null | undefined)?.expires
  return typeof expires === 'number' && expires >= 0 ? expires : undefined
}
