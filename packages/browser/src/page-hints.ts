import type { ConnectionHints, Undo } from '@chat/core'

/**
 * Sends a client the hints of its page. When the page comes back (online, to the foreground, out of the
 * back/forward cache), the client ends its wait for the next attempt, and checks its connection, which may
 * have died unnoticed. Without a network the client is `offline` at once, and checks its connection, because a
 * browser may be wrong.
 */
export function sendPageHints(client: ConnectionHints): Undo {
  const onReturn = (): void => {
    client.wake()
    client.check()
  }
  const stop = new AbortController()
  const { signal } = stop
  const { addEventListener, document, navigator } = globalThis as Partial<typeof globalThis>
  // React Native has no events of a page, a worker has no document and no `pageshow`.
  addEventListener?.('online', () => client.online(true), { signal })
  addEventListener?.('offline', () => client.online(false), { signal })
  addEventListener?.('pageshow', ({ persisted }) => persisted && onReturn(), { signal })
  document?.addEventListener?.(
    'visibilitychange',
    () => document.visibilityState === 'visible' && onReturn(),
    { signal },
  )
  if (navigator?.onLine === false) client.online(false)
  return () => stop.abort()
}
