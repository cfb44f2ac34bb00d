import type { Kept } from '../contract.ts'
import { dayOf, timeOf } from './times.ts'

/** Tells how many messages of a room the server keeps, and since when it runs; empty for a new room. */
export function keptText(kept: Kept | undefined): string {
  if (kept === undefined || kept.messages === 0) return ''
  const { messages, since, startedAt } = kept
  const day = dayOf(since)
  const count = `${messages} ${messages === 1 ? 'message' : 'messages'} since ${isRelative(day) ? day.toLowerCase() : day}`
  return since < startedAt ? `${count}, the server was restarted at ${timeOf(startedAt)}` : count
}

/** Today and yesterday are written small within a sentence; the names of days and months are not. */
const isRelative = (day: string): boolean => !/\d/.test(day)
