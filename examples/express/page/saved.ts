import type { Position } from '@chat/core'
import type { Entry } from './entry.ts'

/** The data of a tab that survives a reload. */
export interface Saved {
  /** The addresses of the open rooms. */
  readonly rooms: readonly string[]
  /**
   * The conversations with people, by address. The page saves them, because the policy does not allow reading
   * an inbox.
   */
  readonly people: Readonly<Record<string, readonly Entry[]>>
  /** The positions of the inbox and of `*`, so that messages sent during the reload are not lost. */
  readonly positions: Readonly<Record<string, Position>>
}

const nothing: Saved = { rooms: [], people: {}, positions: {} }

export function load(me: string): Saved {
  try {
    return { ...nothing, ...JSON.parse(sessionStorage.getItem(`chat.saved.${me}`) ?? '{}') }
  } catch {
    return nothing
  }
}

export function save(me: string, saved: Saved): void {
  try {
    sessionStorage.setItem(`chat.saved.${me}`, JSON.stringify(saved))
  } catch {
    // The storage is full: the next load starts without saved data.
  }
}

/** Marks a message as uncertain if it was still waiting when the page was left. */
export function interrupted(entry: Entry): Entry {
  return entry.state === 'waiting' ? { ...entry, state: 'uncertain', reason: 'the page was left' } : entry
}
