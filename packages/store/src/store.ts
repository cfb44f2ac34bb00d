import type { Undo } from '@chat/core'

/**
 * State of a screen, kept up to date while it has listeners. Made for React's `useSyncExternalStore`, to which
 * `subscribe` and `snapshot` can be passed as they are.
 *
 * A store does nothing before its first listener, so it can be made while a page is rendered, on the server too.
 * Its work ends a second after the last listener has gone: a listener that comes within that time, as React's
 * StrictMode and hot reloads do, finds it running. Later listeners go on where it was.
 */
export interface Store<Snapshot> {
  /**
   * Adds a listener, which is called after each change. An error that it throws goes to the client's `$error`.
   * Returns the function that removes the listener.
   *
   * @throws UsageError when `listener` is not a function.
   */
  subscribe(this: void, listener: () => void): Undo
  /**
   * Returns the present state. It is never changed in place: the same object while nothing has changed, and in a
   * new object the items that have not changed are the same.
   */
  snapshot(this: void): Snapshot
}
