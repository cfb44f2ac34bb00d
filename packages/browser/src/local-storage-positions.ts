import {
  type KeepPositionsOptions,
  keepPositions,
  type PositionSource,
  type Undo,
  UsageError,
} from '@chat/core'

/**
 * Keeps the positions of a client in `localStorage`, for the option `positions` of {@link connect}: a page that is
 * opened tomorrow gets the messages that this page has not handled, or a gap. Each user has positions of their own.
 * The positions are written at most twice a second, and when the page is hidden or ends. All tabs share them: the
 * newest position of an address stays.
 *
 * ```ts
 * const client = connect('/chat', { token: () => fetchToken(), positions: localStoragePositions('app') })
 * ```
 *
 * A storage that is full, forbidden or missing is told once in the client's `$error`, with the subject `positions`, and
 * the client goes on without it. To forget the positions, remove the entry `chat positions of app`.
 *
 * @param name - Name of the application, for pages of several applications on one origin.
 * @throws UsageError when `name` is not a text, or an option does not exist or has a wrong value.
 */
export function localStoragePositions(name: string, options?: KeepPositionsOptions): PositionSource {
  if (typeof name !== 'string' || name === '')
    throw new UsageError("unable to keep positions: give a name for the storage, such as 'app'")
  const key = `chat positions of ${name}`
  return keepPositions(
    {
      // Reading `localStorage` throws where it is forbidden.
      read: () => localStorage.getItem(key),
      write: (text) => localStorage.setItem(key, text),
      beforeEnd: onEndOfPage,
    },
    options,
  )
}

/** Calls `save` when the page is hidden, after which a phone may end it without an event, and when it ends. */
function onEndOfPage(save: () => void): Undo {
  const stop = new AbortController()
  const { signal } = stop
  const { addEventListener, document } = globalThis as Partial<typeof globalThis>
  // A worker has no document.
  addEventListener?.('pagehide', save, { signal })
  document?.addEventListener('visibilitychange', save, { signal })
  return () => stop.abort()
}
