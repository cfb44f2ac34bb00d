import type { Position } from '@chat/core'
import type { Entry } from './entry.ts'

/** What a tab keeps over a reload. */
export interface Saved {
  /** The addresses of the rooms that were open. */
  readonly rooms: readonly string[]
  /** What was said with whom, by address: nobody may read an inbox again, not even its owner. */
  readonly people: Readonly<Record<string, readonly Entry[]>>
  /** Where the inbox and the announcements go on, so that what is sent during the reload is not lost. */
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
    // The storage is full: then this tab starts afresh.
  }
}

/** What was on its way when the page was left may have been taken or not. */
export function interrupted(entry: Entry): Entry {
  return entry.state === 'waiting' ? { ...entry, state: 'uncertain', reason: 'the page was left' } : entry
}
