import { clock } from './clock.ts'
import { openPartition, openRoom } from './open-room.ts'
import { type Script, script } from './script.ts'

/** Removes the sessions of nodes whose lease has run out from a room. KEYS: those of the partition and the room. */
export const presenceClean: Script = script('presence clean', clock, openPartition, openRoom)
