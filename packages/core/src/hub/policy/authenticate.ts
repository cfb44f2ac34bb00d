import { attempt, isPromise } from '../../runtime/maybe-promise.ts'
import { isName } from '../../vocabulary/address.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { HubContext } from '../context.ts'
import type { HubConnection } from '../handshake/hub-connection.ts'
import type { Credentials, User } from '../options.ts'
import { inTime } from './authorize.ts'

/** Who presents a token, or how the connection ends. */
export type Outcome = { readonly user: User } | { readonly code: CloseCode; readonly reason: string }

/**
 * Asks the application who presents a token (P-HS-3). The reasons say nothing of the why.
 *
 * @internal
 */
export function authenticate(
  node: HubContext,
  link: HubConnection,
  { token, signal }: Pick<Credentials, 'token' | 'signal'>,
  then: (outcome: Outcome) => void,
): void {
  const { authenticate: ask } = node.options
  if (ask === undefined) {
    const error = new ChatError(
      'unauthorized',
      'unable to let anyone in: the hub has no `authenticate` option, which says who a client is',
    )
    node.fault({ error, source: 'policy' })
    return then({ code: CloseCode.unauthorized, reason: 'unauthorized' })
  }
  const credentials: Credentials = { ...link.handshake, token, extra: link.connection.extra, signal }
  const late = new ChatError('timeout', 'unable to authenticate: `authenticate` did not answer in time')
  attempt(
    () => {
      const user = ask(credentials)
      return isPromise(user) ? inTime(node, user, late) : user
    },
    (user) => then(checked(node, user)),
    (error) => {
      node.fault({ error, source: 'policy' })
      then({ code: CloseCode.internal, reason: 'unable to authenticate' })
    },
  )
}

function checked(node: HubContext, user: User | null): Outcome {
  if (user === null || user === undefined) return { code: CloseCode.unauthorized, reason: 'unauthorized' }
  if (typeof user.id !== 'string' || !isName(user.id)) {
    const error = new ChatError(
      'internal',
      'unable to authenticate: the user’s id must be 1–255 bytes of text without control characters',
    )
    node.fault({ error, source: 'policy' })
    return { code: CloseCode.internal, reason: 'unable to authenticate' }
  }
  if (user.expiresIn !== undefined && user.expiresIn <= 0)
    return { code: CloseCode.expired, reason: 'the credentials have expired' }
  return { user }
}
