import type { Presence } from '@chat/core'

/** Somebody who is here. */
export interface Person {
  readonly name: string
  /** It is oneself. */
  readonly mine: boolean
  /** How many tabs are open under this name. */
  readonly tabs: number
  /** None of them is looked at. */
  readonly away: boolean
}

/** Who is in a room, as far as it matters here. */
type Present = Pick<Presence, 'users' | 'members' | 'count'>

/** What a tab says of itself to the others. */
export const moodOf = (looking: boolean): 'away' | null => (looking ? null : 'away')

/** In a crowd the server counts people, and names them no more. */
export const isCrowd = ({ members, count }: Present): boolean => count > members.size

/** Who is here: oneself first, the others by name. In a crowd nobody. */
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

/** The same in a sentence. */
export function sentence(present: Present | undefined, me: string): string {
  const count = present?.count ?? 0
  if (present === undefined || count === 0) return 'Everyone in this room'
  if (isCrowd(present)) return `${count} tabs are here`
  const names = peopleIn(present, me).map(({ name, mine }) => (mine ? 'You' : name))
  if (names.length > 4) return `${names.length} people are here`
  if (names.length === 1) return names[0] === 'You' ? 'Only you are here' : `${names[0]} is here`
  return `${list.format(names)} are here`
}
