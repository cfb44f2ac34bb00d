import { chain, type MaybePromise } from '../../runtime/maybe-promise.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { Token } from '../options.ts'

/**
 * Returns the token of the user; `null` for none.
 *
 * @throws the error of the application's function, or a UsageError when it returns no token; or rejects with it.
 */
export const fetchToken = (token: Token): MaybePromise<string | null> =>
  chain(typeof token === 'function' ? token() : token, checkToken)

function checkToken(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  throw new UsageError(
    `unable to use the token: 'token' must return a string or null, but is ${describe(value)}`,
  )
}
