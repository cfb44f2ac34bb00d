import type { Undo } from '@chat/core'
import type { UnreadStore } from './unread.ts'

/** The part of a page's document that tells if a person can see the page. */
interface VisiblePage {
  readonly visibilityState: string
  addEventListener(event: 'visibilitychange', listener: () => void): void
  removeEventListener(event: 'visibilitychange', listener: () => void): void
}

/**
 * Marks everything that has come and that comes as read while the page is visible. Call it while the person sees the
 * end of the list, and call the returned function when the list scrolls back. Without a document, as in React Native,
 * the page counts as visible.
 *
 * ```ts
 * const stop = markWhileVisible(unread(room, 'say'))
 * ```
 */
export function markWhileVisible(store: UnreadStore): Undo {
  const { document } = globalThis as { readonly document?: VisiblePage }
  const look = (): void => {
    if (store.snapshot().count > 0 && document?.visibilityState !== 'hidden') store.markAll()
  }
  const undo = store.subscribe(look)
  document?.addEventListener('visibilitychange', look)
  look()
  return () => {
    undo()
    document?.removeEventListener('visibilitychange', look)
  }
}
