import type { WireError } from '../../protocol/encode.ts'
import { isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import type { AuthorizeAction, AuthorizeRequest } from '../options.ts'
import type { Session } from '../sessions/session.ts'
import { inTime } from './in-time.ts'

/** An operation for which a session needs permission. */
export interface AccessRequest {
  /** The operation. */
  readonly action: AuthorizeAction
  /** The address of the operation. */
  readonly address: string
  /** The event, for `send` and `cast`. */
  readonly event?: string
  /** The data, for `send` and `cast`. */
  readonly data?: unknown
  /** The meta, for `send` and `cast`; `null` for none. */
  readonly meta?: Meta | null
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
  const { authorize: policy } = session.context.options
  if (policy === undefined) return noPolicy
  const { action } = request
  try {
    const allowed = policy({
      user: session.user,
      session: session.id,
      ...request,
    } as unknown as AuthorizeRequest)
    if (!isPromise(allowed)) return allowed === true ? null : notAllowed(action)
    return inTime(session.context, allowed, action).then(
      (later) => (later === true ? null : notAllowed(action)),
      (error) => policyError(session, request, error),
    )
  } catch (error) {
    return policyError(session, request, error)
  }
}

const notAllowed = (action: AuthorizeAction): WireError => ({
  code: 'forbidden',
  message: `unable to ${action}: not allowed`,
})

const policyError = (session: Session, { address }: AccessRequest, error: unknown): WireError =>
  session.context.wireError(error, { source: 'policy', session: session.id, subject: address })

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
