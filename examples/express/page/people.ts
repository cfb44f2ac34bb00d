import type { Presence } from '@chat/core'

/** A person in the room. */
export interface Person {
  readonly name: string
  /** `true` for the user of this tab. */
  readonly mine: boolean
  /** Number of open tabs with this name. */
  readonly tabs: number
  /** `true` when all of these tabs are hidden. */
  readonly away: boolean
}

/** The part of a room's presence that the page uses. */
type Present = Pick<Presence, 'users' | 'members' | 'count'>

/** The presence state of a tab. */
export const moodOf = (looking: boolean): 'away' | null => (looking ? null : 'away')

/** Returns `true` for a large room, which the server only counts. */
export const isCrowd = ({ members, count }: Present): boolean => count > members.size

/** Lists the people in a room: the own user first, the rest by name. Returns an empty list for a crowd. */
export function peopleIn(present: Present, me: string): Person[] {
  if (isCrowd(present)) return []
  const people = [...present.users].map(([name, tabs]) => ({
    name,
    mine: name === me,
    tabs: tabs.length,
    away: tabs.every(({ state }) => state === 'away'),
  }))
  return people.sort((a, b) => Number(b.mine) - Number(a.mine) || (a.name < b.name ? -1 : 1))
}

const list = new Intl.ListFormat('en')

/** Describes the people in a room in a sentence. */
export function sentence(present: Present | undefined, me: string): string {
  const count = present?.count ?? 0
  if (present === undefined || count === 0) return 'Everyone in this room'
  if (isCrowd(present)) return `${count} tabs are here`
  const names = peopleIn(present, me).map(({ name, mine }) => (mine ? 'You' : name))
  if (names.length > 4) return `${names.length} people are here`
  if (names.length === 1) return names[0] === 'You' ? 'Only you are here' : `${names[0]} is here`
  return `${list.format(names)} are here`
}
