import { describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { Token } from '../options.ts'

/**
 * Resolves with the token of the user; `null` for none. Rejects with the error of the application's function, or
 * with a UsageError when the function returns no token.
 */
export async function fetchToken(token: Token): Promise<string | null> {
  const value: unknown = typeof token === 'function' ? await token() : token
  if (value === undefined || value === null || typeof value === 'string') return value ?? null
  throw new UsageError(
    `unable to use the token: 'token' must return a string or null, but is ${describe(value)}`,
  )
}
