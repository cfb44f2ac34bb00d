// Here, in a file whose types are public: a declaration in one of which users see nothing would be missing from the published types.
declare global {
  /**
   * Merges with the DOM's or Node's own, so that a signal can be handed on to `fetch` and the like, and stands for
   * nothing where there is none.
   */
  interface AbortSignal {}
}

/** Undoes what returned it: cancels a timer, removes a listener. Calling it again does nothing. */
export type Undo = () => void

/**
 * Where core takes time, randomness and ids from, so that the same code runs in production and in a simulation.
 * Nothing in core touches a global for these. Give a hub or a client another one only in tests.
 */
export interface Runtime {
  /** Milliseconds on a clock that never goes back. Its zero means nothing. */
  now(): number
  /**
   * Runs `callback` once, `delay` milliseconds from now; returns what cancels it.
   *
   * `'upkeep'` is for what nobody waits for: forgetting what is old. Where the platform knows the difference, a process that has nothing else to wait for ends
   * without it. A runtime of your own may ignore it.
   */
  timer(delay: number, callback: () => void, purpose?: 'upkeep'): Undo
  /** Runs `callback` after everything that happens now: the place where the frames of one tick become one write. */
  defer(callback: () => void): void
  /** A number in [0, 1), for jitter. */
  random(): number
  /** An unguessable text of `length` characters of `[A-Za-z0-9_-]`, six bits each. */
  id(length: number): string
}
