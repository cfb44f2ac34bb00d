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
  // React Native has no events of a page, a worker has no document and no `pageshow`.
  const listen = globalThis.addEventListener?.bind(globalThis)
  listen?.('online', () => client.online(true), { signal })
  listen?.('offline', () => client.online(false), { signal })
  listen?.('pageshow', ({ persisted }) => persisted && onReturn(), { signal })
  globalThis.document?.addEventListener?.(
    'visibilitychange',
    () => document.visibilityState === 'visible' && onReturn(),
    { signal },
  )
  if (globalThis.navigator?.onLine === false) client.online(false)
  return () => stop.abort()
}
