import { clock } from './clock.ts'
import { openPartition, openRoom } from './open-room.ts'
import { type Script, script } from './script.ts'

/**
 * Makes sessions present. KEYS: those of the partition and the room. Behind the lease each session has five
 * arguments: session, generation, node, user, and its state with a `=` before it, or nothing. Answers epoch,
 * revision, and the records.
 */
export const presenceEnter: Script = script(
  'presence enter',
  clock,
  openPartition,
  openRoom,
  `
local time = tonumber(ARGV[7])
local changes, answer, incarnations = {}, {}, {}
for k = 9, #ARGV, 5 do
  local session, generation, node, user, given = ARGV[k], tonumber(ARGV[k + 1]), ARGV[k + 2], ARGV[k + 3], ARGV[k + 4]
  incarnations[node] = incarnations[node] or renew(node, time, ARGV[8])
  local known = redis.call('HGET', members, 's' .. session)
  local before, incarnation, text
  if known then before, incarnation, text = parse(known) end
  if known and before > generation then
    answer[#answer + 1] = known
  else
    if given ~= '' then text = string.sub(given, 2) else text = text or recall(session) end
    redis.call('HDEL', departed, session)
    local record = ARGV[k + 1] .. '\\n' .. incarnations[node] .. '\\n' .. user .. '\\n' .. text
    answer[#answer + 1] = record
    if record ~= known then
      if known then remove(session, incarnation) end
      put(session, incarnations[node], record)
      changes[#changes + 1] = session .. '\\n' .. record
    end
  end
end
commit(changes)
redis.call('PEXPIRE', members, ttl)
settle()
return {epoch, revision(), answer}
`,
)
