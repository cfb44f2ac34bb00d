import { Hub } from '@chat/core'
import { onTestFinished } from 'vitest'

/** Creates a hub that takes the user from the token, and closes it when the test ends. */
export function testHub(): Hub {
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
  })
  onTestFinished(() => hub.close({ deadline: 0 }))
  return hub
}
