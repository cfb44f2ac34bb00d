import { isPromise } from '../../runtime/maybe-promise.ts'
import { isName } from '../../vocabulary/address.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { HubContext } from '../context.ts'
import type { Credentials, User } from '../options.ts'
import type { SessionConnection } from '../sessions/session.ts'
import { inTime } from './in-time.ts'

/** The outcome of `authenticate`: the user, or the code with which the connection is closed. */
export type AuthenticateOutcome =
  | { readonly user: User }
  | { readonly code: CloseCode; readonly reason: string }

/** The token of a `hello` or `auth`. */
export interface PresentedToken {
  /** The token; `null` for none. */
  readonly token: string | null
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal
}

/**
 * Asks the application for the user of a token (P-HS-3). The reasons that a client gets tell it nothing about
 * the cause.
 */
export async function authenticate(
  context: HubContext,
  { handshake, connection }: SessionConnection,
  presented: PresentedToken,
): Promise<AuthenticateOutcome> {
  const { authenticate: policy } = context.options
  if (policy === undefined) {
    const message = 'unable to authenticate: the hub has no `authenticate` option, so it refuses every client'
    context.reportError({ error: new ChatError('unauthorized', message), source: 'policy' })
    return { code: CloseCode.unauthorized, reason: 'unauthorized' }
  }
  const credentials: Credentials = { ...handshake, ...presented, extra: connection.extra }
  try {
    const user = policy(credentials)
    return checkUser(context, isPromise(user) ? await inTime(context, user, 'authenticate') : user)
  } catch (error) {
    context.reportError({ error, source: 'policy' })
    return failed
  }
}

const failed = { code: CloseCode.internal, reason: 'unable to authenticate' } as const

function checkUser(context: HubContext, user: User | null): AuthenticateOutcome {
  if (user === null || user === undefined) return { code: CloseCode.unauthorized, reason: 'unauthorized' }
  if (typeof user.id !== 'string' || !isName(user.id)) {
    const message =
      'unable to authenticate: the user’s id must be 1–255 bytes of text without control characters'
    context.reportError({ error: new ChatError('internal', message), source: 'policy' })
    return failed
  }
  if (user.payer !== undefined && (typeof user.payer !== 'string' || !isName(user.payer))) {
    const message =
      'unable to authenticate: the user’s payer must be 1–255 bytes of text without control characters'
    context.reportError({ error: new ChatError('internal', message), source: 'policy' })
    return failed
  }
  if (user.expiresIn !== undefined && user.expiresIn <= 0)
    return { code: CloseCode.expired, reason: 'the credentials have expired' }
  return { user }
}
