import type { WireError } from '../../protocol/encode.ts'
import { isRecord } from '../../protocol/fields.ts'
import { isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { type ErrorCode, UsageError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import type { HubContext } from '../context.ts'
import { inTime } from '../in-time.ts'
import type { AuthorizeAction, AuthorizeRequest, User } from '../options.ts'
import type { Session } from '../sessions/session.ts'
import { type Replacement, replaced, type SoundContent } from './replacement.ts'

/** The user for whom the application is asked. A session is one. */
export interface Asker {
  readonly context: HubContext
  readonly user: User
  /** The public id of the session; `null` without a session. */
  readonly id: string | null
}

/** An operation for which a session needs permission. */
export interface AccessRequest {
  /** The operation. */
  readonly action: AuthorizeAction
  /** The address of the operation. */
  readonly address: string
  /** The event, for `send`, `cast` and `cancel`. */
  readonly event?: string
  /** The address of the stream, for `cancel`. */
  readonly stream?: string
  /** The data, for `send` and `cast`. */
  readonly data?: unknown
  /** The meta, for `send` and `cast`; `null` for none. */
  readonly meta?: Meta | null
}

/** A message or cast for which a session needs permission. */
export interface ContentRequest extends AccessRequest {
  readonly action: 'send' | 'cast'
  readonly event: string
}

const noPolicy: WireError = {
  code: 'forbidden',
  message: 'unable to allow this: the hub has no `authorize` option, so it refuses every operation',
}

/**
 * Asks the application for a permission. Returns `null` when the session has it, else the error for the
 * client; in this very call when the application answers at once.
 */
export function authorize(session: Session, request: AccessRequest): MaybePromise<WireError | null> {
  return askPolicy(session, request, (answer) => (isReplacement(answer) ? unexpected(request) : null))
}

/**
 * Asks the application for the permission to send content. Returns the content to store, which is the
 * application's own where it has answered with content, or the error for the client.
 */
export function authorizeContent(
  session: Session,
  request: ContentRequest,
  content: SoundContent,
): MaybePromise<WireError | SoundContent> {
  return askPolicy(session, request, (answer) =>
    isReplacement(answer) ? replaced(session.context, request, content, answer) : content,
  )
}

/** Asks the application; `allowed` turns the answer that allows the operation into the result. */
export function askPolicy<T>(
  asker: Asker,
  request: AccessRequest,
  allowed: (answer: true | Replacement) => T,
): MaybePromise<WireError | T> {
  const { context } = asker
  if (context.options.authorize === undefined) {
    context.reportOnce(noPolicy)
    return noPolicy
  }
  const verdict = verdictOf(asker, request, allowed)
  if (context.observe === null) return verdict
  if (!isPromise(verdict)) return observeVerdict(asker, request, { verdict, took: 0 })
  // A clock is read for a policy that answers later only, since it would cost more than the fact.
  const since = context.runtime.now()
  return verdict.then((later) =>
    observeVerdict(asker, request, { verdict: later, took: context.runtime.now() - since }),
  )
}

/** Shows a verdict, and returns it. */
function observeVerdict<V>(
  { context, user: { id: user } }: Asker,
  { action, address }: AccessRequest,
  { verdict, took }: { readonly verdict: V; readonly took: number },
): V {
  const code = isRecord(verdict) && 'code' in verdict ? (verdict['code'] as ErrorCode) : null
  context.observe?.({ type: 'policy', policy: 'authorize', action, address, user, code, took })
  return verdict
}

/** Asks the application, which has a policy. */
function verdictOf<T>(
  asker: Asker,
  request: AccessRequest,
  allowed: (answer: true | Replacement) => T,
): MaybePromise<WireError | T> {
  try {
    const answer = asker.context.options.authorize?.(policyRequest(asker, request))
    if (isPromise(answer)) return answeredLater(asker, request, answer, allowed)
    return allows(asker, request, answer) ? allowed(answer) : notAllowed(request.action)
  } catch (error) {
    return policyError(asker, request, error)
  }
}

/** Makes the argument of the policy. To list its fields costs a tenth of copying them with `...`. */
function policyRequest({ user, id: session }: Asker, request: AccessRequest): AuthorizeRequest {
  const { action, address, event, data, meta, stream } = request
  if (stream !== undefined) return { user, session, action, address, event, stream } as AuthorizeRequest
  const asked =
    event === undefined
      ? { user, session, action, address }
      : { user, session, action, address, event, data, meta }
  return asked as AuthorizeRequest
}

function answeredLater<T>(
  asker: Asker,
  request: AccessRequest,
  answer: PromiseLike<unknown>,
  allowed: (answer: true | Replacement) => T,
): Promise<WireError | T> {
  const { action } = request
  return inTime(asker.context, answer, action)
    .then((later) => (allows(asker, request, later) ? allowed(later) : notAllowed(action)))
    .catch((error) => policyError(asker, request, error))
}

/** Reports an answer that looks like a permission and is none. */
function allows(
  asker: Asker,
  { action, address }: AccessRequest,
  answer: unknown,
): answer is true | Replacement {
  if (answer === true || !answer) return answer === true
  if (typeof answer === 'object' && Object.keys(answer).length > 0) return true
  const error = new UsageError(
    `unable to ${action}: \`authorize\` has answered with ${describe(answer)}; answer true or false`,
  )
  asker.context.reportError({ error, source: 'policy', session: asker.id ?? undefined, subject: address })
  return false
}

const isReplacement = (answer: true | Replacement): answer is Replacement => answer !== true

const notAllowed = (action: AuthorizeAction): WireError => ({
  code: 'forbidden',
  message: `unable to ${action}: not allowed by the hub's \`authorize\``,
})

const policyError = ({ context, id }: Asker, { address }: AccessRequest, error: unknown): WireError =>
  context.wireError(error, { source: 'policy', session: id ?? undefined, subject: address })

function unexpected({ action }: AccessRequest): never {
  throw new UsageError(
    `unable to ${action}: \`authorize\` has answered with an object; only 'send' and 'cast' have content to replace, so answer true or false`,
  )
}

/**
 * A permission of a session, which becomes stale when the application takes back any permission of the
 * session. It must then be asked for again, before it is used.
 */
export class Permission {
  readonly #session: Session
  readonly #request: AccessRequest
  #revision: number

  constructor(session: Session, request: AccessRequest) {
    this.#session = session
    this.#request = request
    this.#revision = session.revision
  }

  /** True when a permission was taken back since the last {@link Permission.ask}. */
  get stale(): boolean {
    return this.#revision !== this.#session.revision
  }

  /**
   * Asks the application. Resolves with `null` when it allows the operation, else with the error for the
   * client.
   */
  ask(): MaybePromise<WireError | null> {
    this.#revision = this.#session.revision
    return authorize(this.#session, this.#request)
  }
}
