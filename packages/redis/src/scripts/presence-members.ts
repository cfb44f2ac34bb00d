import { clock } from './clock.ts'
import { openPartition, openRoom } from './open-room.ts'
import { type Script, script } from './script.ts'

/**
 * Reads the members of a room; with the known revision only that. KEYS: those of the partition and the room.
 * Answers epoch, revision and the fields of the room; no fields when the revision is known.
 */
export const presenceMembers: Script = script(
  'presence members',
  clock,
  openPartition,
  openRoom,
  `
local current = revision()
if ARGV[7] == epoch and tonumber(ARGV[8]) == current then return {epoch, current} end
return {epoch, current, redis.call('HGETALL', members)}
`,
)
