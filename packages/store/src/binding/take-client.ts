import { type Client, UsageError } from '@chat/core'
import { describe } from '@chat/core/transport'

/**
 * Returns the client that an application gives to its components, or `null` for none.
 *
 * @param place - Where the application gave it, such as `the prop 'client' of ChatProvider`.
 * @throws UsageError when the value is neither a client nor `null`.
 */
export function takeClient(value: unknown, place: string): Client | null {
  if (value === null || typeof (value as Partial<Client> | undefined)?.join === 'function')
    return value as Client | null
  const hint = value instanceof Promise ? '; the function must not be async' : ''
  throw new UsageError(
    `unable to use a client: ${place} is ${describe(value)}; give a client, as connect returns it, null for none, or a function that returns one${hint}`,
  )
}
