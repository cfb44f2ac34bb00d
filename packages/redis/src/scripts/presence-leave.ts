import { clock } from './clock.ts'
import { openPartition, openRoom } from './open-room.ts'
import { type Script, script } from './script.ts'

/** Removes a session. KEYS: those of the partition and the room. Answers epoch and revision. */
export const presenceLeave: Script = script(
  'presence leave',
  clock,
  openPartition,
  openRoom,
  `
local session, generation, keep = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
if keep == 0 then redis.call('HDEL', departed, session) end
local known = redis.call('HGET', members, 's' .. session)
if known then
  local before, incarnation, text = parse(known)
  if before <= generation then
    remove(session, incarnation)
    remember(session, text, now + keep)
    commit({session .. '\\n'})
  end
end
return {epoch, revision()}
`,
)
