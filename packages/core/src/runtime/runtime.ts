// This file is part of the published types; in an internal file the declaration would be missing from them.
declare global {
  /**
   * Merges with the interface of the DOM or of Node, so that a signal can be passed to `fetch`. Empty where
   * the platform's types are not loaded.
   */
  interface AbortSignal {}
}

/** Undoes the call that returned it: cancels a timer, removes a listener. A second call has no effect. */
export type Undo = () => void

/**
 * The source of time, randomness and ids, so that the same code runs in production and in a simulation. Core
 * uses no global for these. Give a hub or a client another runtime only in tests.
 */
export interface Runtime {
  /** Returns milliseconds on a clock that never goes back. Its zero has no meaning. */
  now(): number
  /**
   * Returns the time of day in milliseconds since 1970, an integer: for times that people read. It may go
   * back, so durations are measured with {@link Runtime.now}.
   */
  wallTime(): number
  /**
   * Runs `callback` once, `delay` milliseconds from now. The undo cancels it.
   *
   * `'upkeep'` marks a timer that no promise waits for, such as the removal of old entries. On platforms that
   * know the difference, such a timer keeps no process alive. A runtime of your own may ignore it.
   */
  timer(delay: number, callback: () => void, purpose?: 'upkeep'): Undo
  /** Runs `callback` at the end of the current turn, where the frames of the turn become one write. */
  defer(callback: () => void): void
  /** Returns a number in [0, 1), for jitter. */
  random(): number
  /**
   * Writes an error that the application does not listen to where its developer sees it, such as the console. A
   * runtime without it writes nothing.
   */
  report?(text: string, error: unknown): void
  /** Returns an unguessable text of `length` characters of `[A-Za-z0-9_-]`, six bits each. */
  id(length: number): string
}
