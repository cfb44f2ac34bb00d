import type { RoomHandle } from './room.ts'

/** Tells if a value is a room, also if another copy of this package has made it. */
export const isRoom = (value: unknown): value is RoomHandle =>
  (value as Partial<RoomHandle> | null | undefined)?.isChatRoom === true
