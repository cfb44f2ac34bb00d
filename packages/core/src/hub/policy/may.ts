import { addressKind } from '../../vocabulary/address.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../../vocabulary/event-name.ts'
import { isName } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import type { User } from '../options.ts'
import { type AccessRequest, askPolicy } from './authorize.ts'
import type { Replacement } from './replacement.ts'

const actions = ['join', 'send', 'cast', 'read', 'who', 'cancel']

/**
 * Asks the policy for a user who has no session here. Answers `false` without asking for an operation that
 * the hub refuses to every session (P-AD-2).
 *
 * @throws UsageError for a request that no client could make.
 * @throws ChatError for data that the contract does not accept, and for a policy that has failed or has
 * refused with a code of its own.
 */
export async function may(
  context: HubContext,
  user: User,
  request: AccessRequest,
): Promise<boolean | Replacement> {
  checkRequest(user, request)
  const { action, address, event } = request
  const sends = action === 'send' || action === 'cast'
  if (sends ? context.isServerEvent(event ?? '') : !receives(user, address)) return false
  const valid = sends
    ? { meta: null, ...request, data: context.validator.event(event ?? '', request.data) }
    : request
  const verdict = await askPolicy({ context, user, id: null }, valid, (answer) => ({ answer }))
  if ('answer' in verdict) return verdict.answer
  if (verdict.code === 'forbidden') return false
  const { code, message, retryAfter, detail } = verdict
  throw new ChatError(code, message, { retryAfter, detail })
}

/** Tells whether a session of the user may be allowed to receive or read an address. */
const receives = ({ id }: User, address: string): boolean =>
  address === '*' || address.startsWith('#') || address === `@${id}`

function checkRequest(user: User, request: AccessRequest): void {
  const asking = 'unable to ask the policy'
  if (typeof request !== 'object' || request === null)
    throw new UsageError(
      `${asking}: the request is ${describe(request)}; write \`hub.may(user, { action: 'read', address: '#room' })\``,
    )
  const { action, address, event } = request
  if (!isName(user?.id))
    throw new UsageError(`${asking}: the user is ${describe(user)}; give an object with the user's \`id\``)
  if (!actions.includes(action))
    throw new UsageError(`${asking}: the action is ${describe(action)}; it is one of ${actions.join(', ')}`)
  const kind = typeof address === 'string' ? addressKind(address) : null
  if (kind === null || kind === 'stream')
    throw new UsageError(
      `${asking}: ${describe(address)} is no address; write '*', '#room', '@user' or '~session'`,
    )
  if (
    (action === 'send' || action === 'cast' || action === 'cancel') &&
    !(typeof event === 'string' && isEventName(event))
  )
    throw new UsageError(`${asking}: the event is ${describe(event)}; ${eventNameRule}`)
}
