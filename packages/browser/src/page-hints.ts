import type { ConnectionHints, Undo } from '@chat/core'

/**
 * Sends a client the hints of its page. When the page comes back (online, to the foreground, out of the
 * back/forward cache), the client ends its wait for the next attempt, and checks its connection, which may
 * have died unnoticed. It checks the connection also when the page goes offline.
 */
export function sendPageHints(client: ConnectionHints): Undo {
  const onReturn = (): void => {
    client.wake()
    client.check()
  }
  const stop = new AbortController()
  const { signal } = stop
  addEventListener('online', onReturn, { signal })
  addEventListener('offline', () => client.check(), { signal })
  addEventListener('pageshow', ({ persisted }) => persisted && onReturn(), { signal })
  // A worker has no document, and no `pageshow` either.
  globalThis.document?.addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'visible' && onReturn(),
    { signal },
  )
  return () => stop.abort()
}
