import type { WireError } from '../../protocol/encode.ts'
import { attempt, isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { HubContext } from '../context.ts'
import type { AuthorizeAction, AuthorizeRequest } from '../options.ts'
import type { Session } from '../sessions/session.ts'

/** What a session wants to do. */
export interface AccessRequest {
  readonly action: AuthorizeAction
  readonly address: string
  readonly event?: string
  readonly data?: unknown
}

const noPolicy: WireError = {
  code: 'forbidden',
  message: 'unable to allow anything: this hub has no `authorize` option, which says what is allowed',
}

/**
 * Asks the application whether a session may do something: `null` when it may, else what it is told. Answers in this very call when the
 * application does.
 *
 * @internal
 */
export function authorize(
  session: Session,
  wish: AccessRequest,
  then: (refused: WireError | null) => void,
): void {
  const { node } = session
  const { authorize: policy } = node.options
  if (policy === undefined) return then(noPolicy)
  const { action, address } = wish
  const request = { user: session.user, session: session.id, ...wish } as unknown as AuthorizeRequest
  const source = { source: 'policy', session: session.id, subject: address } as const
  const refused: WireError = { code: 'forbidden', message: `unable to ${action}: not allowed` }
  attempt(
    () =>
      inTime(
        node,
        policy(request),
        new ChatError('timeout', `unable to ${action}: the policy did not answer in time`),
      ),
    (allowed) => then(allowed === true ? null : refused),
    (error) => then(node.wireError(error, source)),
  )
}

/**
 * Whether what was allowed at a {@link Session.revision} still is: a verdict from before something was revoked counts no more, and is asked for again.
 *
 * @internal
 */
export function stillAllowed(
  session: Session,
  wish: AccessRequest,
  asked: number,
  then: (refused: WireError | null) => void,
): void {
  const { revision } = session
  if (revision === asked) return then(null)
  authorize(session, wish, (refused) => {
    if (refused !== null) then(refused)
    else stillAllowed(session, wish, revision, then)
  })
}

/**
 * The same value, or a rejection when a promise of it takes longer than a policy may.
 *
 * @internal
 */
export function inTime<T>(node: HubContext, value: MaybePromise<T>, late: ChatError): MaybePromise<T> {
  if (!isPromise(value)) return value
  return new Promise<T>((resolve, reject) => {
    const cancel = node.runtime.timer(node.timeouts.policy, () => reject(late))
    value.then(
      (result) => {
        cancel()
        resolve(result)
      },
      (error) => {
        cancel()
        reject(error)
      },
    )
  })
}
