import { Hub } from '@chat/core'
import { onTestFinished } from 'vitest'

/** A hub with users named by their tokens, closed when the test ends. */
export function testHub(): Hub {
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
  })
  onTestFinished(() => hub.close({ deadline: 0 }))
  return hub
}
