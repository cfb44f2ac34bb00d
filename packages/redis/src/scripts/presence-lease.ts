import { clock } from './clock.ts'
import { openPartition } from './open-room.ts'
import { type Script, script } from './script.ts'

/**
 * Renews the lease of a node in a partition. KEYS: state, leases, nodes, places. Answers rooms with sessions of
 * nodes whose lease has run out; the caller cleans them one at a time, so that the server stays free between.
 * Answers also the rooms of the node itself when it asks, so that it can keep them.
 */
export const presenceLease: Script = script(
  'presence lease',
  clock,
  openPartition,
  `
local node, time, keep, limit, asks = ARGV[4], tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7]), ARGV[8] == 'own'
epochOf()
local incarnation = renew(node, time, keep)
local function names(of, most)
  local rooms = {}
  for _, place in ipairs(roomsOf(of, most)) do rooms[#rooms + 1] = string.sub(place, #of + 2) end
  return rooms
end
local left = {}
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do
  for _, room in ipairs(names(ended, limit)) do left[#left + 1] = room end
  forget(ended)
end
settle()
return {left, asks and names(incarnation, -1) or {}}
`,
)
