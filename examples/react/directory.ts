// People and rooms. In your application they are in its database.

/** An agent answers customers, and moderates. */
export type Role = 'agent' | 'customer'

const people: Readonly<Record<string, { readonly name: string; readonly role: Role }>> = {
  amina: { name: 'Amina Diallo', role: 'agent' },
  luca: { name: 'Luca Moretti', role: 'agent' },
  mei: { name: 'Mei Tanaka', role: 'customer' },
  jonas: { name: 'Jonas Weber', role: 'customer' },
}

export const users: readonly string[] = Object.keys(people)
/** Returns the name of a user; that of the assistant for the hub, which writes its answers. */
export const nameOf = (user: string | null): string =>
  user === null ? 'Assistant' : (people[user]?.name ?? user)
export const roleOf = (user: string): Role | null => people[user]?.role ?? null

export const rooms = { '#delivery': 'Delivery', '#billing': 'Billing', '#staff': 'Staff only' } as const
export type RoomName = keyof typeof rooms
/** Returns the rooms that a role may see. */
export const roomsOf = (role: Role | null): RoomName[] =>
  (Object.keys(rooms) as RoomName[]).filter((room) => role === 'agent' || room !== '#staff')
