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
  // React Native has no events of a page, a worker has no document and no `pageshow`.
  const listen = globalThis.addEventListener?.bind(globalThis)
  listen?.('online', onReturn, { signal })
  listen?.('offline', () => client.check(), { signal })
  listen?.('pageshow', ({ persisted }) => persisted && onReturn(), { signal })
  globalThis.document?.addEventListener?.(
    'visibilitychange',
    () => document.visibilityState === 'visible' && onReturn(),
    { signal },
  )
  return () => stop.abort()
}
