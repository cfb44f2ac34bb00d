import type { ConnectionHints, Undo } from '@chat/core'

/**
 * Tells a client what a page knows of its surroundings. Coming back (online, to the foreground, out of the back/forward cache) ends a wait for
 * the next attempt, and is when a connection may have died unnoticed, as it is when the network has gone.
 */
export function watchPage(client: ConnectionHints): Undo {
  const back = (): void => {
    client.wake()
    client.check()
  }
  const stop = new AbortController()
  const { signal } = stop
  addEventListener('online', back, { signal })
  addEventListener('offline', () => client.check(), { signal })
  addEventListener('pageshow', ({ persisted }) => persisted && back(), { signal })
  // In a worker there is no document, and no `pageshow` either.
  globalThis.document?.addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'visible' && back(),
    { signal },
  )
  return () => stop.abort()
}
