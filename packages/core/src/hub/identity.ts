import type { User } from './options.ts'

/**
 * The facts about a user that the hub goes by. They are read once, because the application's own object may
 * change, and its properties may throw.
 */
export interface Identity {
  /** The id of the user. */
  readonly id: string
  /** The name that pays for the user's operations; `null` when the remote address pays. */
  readonly payer: string | null
  /** The key under which the rate limits count the user's operations: the payer, or the network (P-LV-6). */
  readonly account: string
  /** Time for which the credentials are valid, in milliseconds; `undefined` without a limit. */
  readonly expiresIn: number | undefined
  /** The user, as `authenticate` returned it, for the application. */
  readonly user: User
}
