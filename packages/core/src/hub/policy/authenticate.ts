import type { WireError } from '../../protocol/encode.ts'
import { chain, isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { LateAborter } from '../../runtime/signal.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import { isName } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import type { Identity } from '../identity.ts'
import { inTime } from '../in-time.ts'
import type { Credentials, User } from '../options.ts'
import { accountOf } from '../sessions/rate-limiter.ts'
import type { SessionConnection } from '../sessions/session-connection.ts'

/** The outcome of `authenticate`: the user, or the code with which the connection is closed. */
export type AuthenticateOutcome = Identity | { readonly code: CloseCode; readonly reason: string }

/** The token of a `hello` or `auth`. */
export interface PresentedToken {
  /** The token; `null` for none. */
  readonly token: string | null
  /** Makes the signal that is aborted when the connection ends. */
  readonly aborter: LateAborter
}

/** The argument of `authenticate`. It makes the signal when the application looks at it. */
class PresentedCredentials implements Credentials {
  readonly path: string
  readonly params: Credentials['params']
  readonly query: Credentials['query']
  readonly headers: Credentials['headers']
  readonly cookies: Credentials['cookies']
  readonly origin: string | null
  readonly remoteAddress: string
  readonly token: string | null
  readonly extra: unknown
  readonly #aborter: LateAborter

  constructor({ handshake, connection }: SessionConnection, { token, aborter }: PresentedToken) {
    this.path = handshake.path
    this.params = handshake.params
    this.query = handshake.query
    this.headers = handshake.headers
    this.cookies = handshake.cookies
    this.origin = handshake.origin
    this.remoteAddress = handshake.remoteAddress
    this.token = token
    this.extra = connection.extra
    this.#aborter = aborter
  }

  get signal(): AbortSignal {
    return this.#aborter.signal
  }
}

/**
 * Asks the application for the user of a token (P-HS-3); in this very call when the application answers at
 * once. The reasons that a client gets tell it nothing about the cause.
 */
export function authenticate(
  context: HubContext,
  connection: SessionConnection,
  presented: PresentedToken,
): MaybePromise<AuthenticateOutcome> {
  if (context.options.authenticate === undefined) {
    const message = 'unable to authenticate: the hub has no `authenticate` option, so it refuses every client'
    context.reportError({ error: new ChatError('unauthorized', message), source: 'policy' })
    return { code: CloseCode.unauthorized, reason: 'unauthorized' }
  }
  if (context.observe === null) return outcomeOf(context, connection, presented)
  const since = context.runtime.now()
  return chain(outcomeOf(context, connection, presented), (outcome) => {
    const refused = 'code' in outcome
    const code = !refused ? null : outcome.code === CloseCode.internal ? 'internal' : 'unauthorized'
    const user = refused ? null : outcome.id
    const took = context.runtime.now() - since
    context.observe?.({
      type: 'policy',
      policy: 'authenticate',
      action: null,
      address: null,
      user,
      code,
      took,
    })
    return outcome
  })
}

/** Asks the application, which has a policy. */
function outcomeOf(
  context: HubContext,
  connection: SessionConnection,
  presented: PresentedToken,
): MaybePromise<AuthenticateOutcome> {
  const identified = (user: User | null | undefined): AuthenticateOutcome =>
    identify(context, connection, user)
  const fail = (error: unknown): AuthenticateOutcome => {
    context.reportError({ error, source: 'policy' })
    return failed
  }
  try {
    const user = context.options.authenticate?.(new PresentedCredentials(connection, presented))
    if (!isPromise(user)) return identified(user)
    return inTime(context, user, 'authenticate').then(identified).catch(fail)
  } catch (error) {
    return fail(error)
  }
}

const failed = { code: CloseCode.internal, reason: 'unable to authenticate' } as const

/** @throws the error of a property of the user. */
function identify(
  context: HubContext,
  { handshake }: SessionConnection,
  user: User | null | undefined,
): AuthenticateOutcome {
  // A forgotten `return` refuses every client.
  if (user === undefined) context.reportOnce(noAnswer)
  if (user === null || user === undefined) return { code: CloseCode.unauthorized, reason: 'unauthorized' }
  const { id, anonymous, payer, expiresIn } = user
  const fault = typeof user === 'object' ? faultOf({ id, anonymous, payer, expiresIn }) : noUser(user)
  if (fault !== null) {
    const error = new ChatError('internal', `unable to authenticate: ${fault}`)
    context.reportError({ error, source: 'policy' })
    return failed
  }
  if (expiresIn !== undefined && expiresIn <= 0)
    return { code: CloseCode.expired, reason: 'the credentials have expired' }
  const pays = payer ?? (anonymous === true ? null : id)
  return { id, payer: pays, account: accountOf(pays, handshake.remoteAddress), expiresIn, user }
}

const noAnswer: WireError = {
  code: 'unauthorized',
  message:
    'unable to authenticate: it has answered with undefined, and so refused the client; answer with the user, an object with an `id`, or with null to refuse',
}

const nameRule = 'must be 1–255 bytes of text without control characters'

const noUser = (value: unknown): string =>
  `it has answered with ${describe(value)}; answer with the user, an object with an \`id\`, or with null to refuse`

function faultOf({ id, anonymous, payer, expiresIn }: User): string | null {
  if (!isName(id)) return `the user’s id ${nameRule}, but is ${describe(id)}`
  if (payer !== undefined && !isName(payer)) return `the user’s payer ${nameRule}, but is ${describe(payer)}`
  if (anonymous !== undefined && typeof anonymous !== 'boolean')
    return `the user’s anonymous must be true or false, but is ${describe(anonymous)}`
  if (expiresIn === undefined || Number.isFinite(expiresIn)) return null
  return `the user’s expiresIn is ${describe(expiresIn)}; give a finite number of milliseconds, or leave it out`
}
