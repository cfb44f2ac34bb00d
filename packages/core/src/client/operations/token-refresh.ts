import { encodeFrame } from '../../protocol/encode.ts'
import { durationOf } from '../../protocol/hub-frames.ts'
import { Alarm } from '../../runtime/alarm.ts'
import { fetchToken } from '../connection/fetch-token.ts'
import type { ClientContext } from '../context.ts'
import type { Token } from '../options.ts'
import type { OperationWriter } from './operation-writer.ts'

/** Share of a token's lifetime after which it is refreshed. */
const refreshAt = 0.8
/** Shortest time between two refreshes, in milliseconds: a hub may say that each token has expired at once. */
const shortest = 1_000

/**
 * Refreshes the token of a connection before it expires. An error is reported and has no other effect: the
 * hub ends the connection when the token has expired, and the next connection begins with a fresh token.
 */
export class TokenRefresh {
  readonly #context: ClientContext
  readonly #token: Token
  readonly #writer: OperationWriter
  readonly #timer: Alarm
  /** Number of the connection: a token that arrives after the end of its connection is dropped. */
  #connection = 0

  constructor(context: ClientContext, token: Token, writer: OperationWriter) {
    this.#context = context
    this.#token = token
    this.#writer = writer
    this.#timer = new Alarm(context.runtime)
  }

  /**
   * Schedules the refresh of a token that expires after `lifetime` milliseconds; `undefined` for a token that
   * does not expire. `least` is the shortest wait.
   */
  start(lifetime: number | undefined, least = 0): void {
    this.stop()
    const token = this.#token
    if (lifetime === undefined || typeof token !== 'function') return
    const connection = this.#connection
    this.#timer.set(Math.max(lifetime * refreshAt, least), () => {
      fetchToken(token).then(
        (value) => {
          if (value !== null && connection === this.#connection) this.#authenticate(value)
        },
        (error) => this.#report(error, connection),
      )
    })
  }

  /** The connection has ended. */
  stop(): void {
    this.#connection++
    this.#timer.clear()
  }

  #authenticate(token: string): void {
    const connection = this.#connection
    this.#writer.add({
      repeat: 'bound',
      frame: (ref) => encodeFrame('auth', ref, token),
      resolve: (result) =>
        this.start(durationOf((result as { readonly expires?: unknown } | null)?.expires), shortest),
      reject: (error) => this.#report(error, connection),
    })
  }

  #report(error: unknown, connection: number): void {
    if (connection === this.#connection) this.#context.reportError(error, 'token')
  }
}
