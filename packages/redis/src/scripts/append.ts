import { clock } from './clock.ts'
import { openLog } from './open-log.ts'
import { type Script, script } from './script.ts'

/**
 * Recognises a repetition, appends and notifies. KEYS: hash, list, ring of the session's refs.
 *
 * The ring: ref → offset, time, epoch, node, id and hash of its message; a value that equals the default of the
 * ring is left out, so that the fields stay short. `g` is the greatest ref, `e` and `b` are the defaults of
 * epoch and node.
 *
 * Answers 1 stored (epoch, offset, time) · 2 known (value, default epoch, default node) · 3 conflict · 4 early
 * · 5 overtaken (epoch, offset, id, event).
 */
export const append: Script = script(
  'append',
  clock,
  openLog,
  `
local ring = KEYS[3]
local ref, previous, node, id, hash = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local window, ringTtl = tonumber(ARGV[8]), ARGV[9]
local expected, channel, epoch, body = ARGV[10], ARGV[11], ARGV[12], ARGV[14]
local count, bytes, age, ttl = tonumber(ARGV[15]), tonumber(ARGV[16]), tonumber(ARGV[17]), ARGV[18]
local least = tonumber(ARGV[20])

local known = redis.call('HMGET', ring, ref, 'g', 'e', 'b')
if known[1] then
  -- A node that waits for replicas needs a write of its own before it.
  if ARGV[2] == 'wait' then redis.call('PEXPIRE', ring, ringTtl) end
  return {2, known[1], known[3], known[4]}
end
local greatest = tonumber(known[2] or 0)
if tonumber(ref) <= greatest then return {3} end
if tonumber(previous) > greatest then return {4} end

local log = open(epoch)
if expected ~= '' and not (expected == 'empty' and log.n == 0)
  and expected ~= log.e .. '\\n' .. log.n .. '\\n' .. log.i then
  keep(least)
  local last = redis.call('LINDEX', list, -1)
  local event = last and string.match(last, '^[^\\n]*\\n[^\\n]*\\n[^\\n]*\\n([^\\n]*)\\n') or ''
  return {5, log.e, log.n, log.i, event}
end

-- The clock of the server may be set back; the times of a log do not go back with it.
local now = clock(ARGV[1])
local time = math.max(now, log.t)
if log.n == log.b then log.o = time end
log.n, log.i, log.t, log.c = log.n + 1, ARGV[13], time, log.c + #body
local entry = time .. '\\n' .. log.c .. '\\n' .. body
redis.call('RPUSH', list, entry)
redis.call('HSET', meta, 'e', log.e, 'n', log.n, 'i', log.i, 'c', log.c, 'o', log.o, 't', time)
redis.call('PEXPIRE', meta, ttl)
redis.call('PEXPIRE', list, ttl)

-- A lot at a time: a cut costs more than an append.
if log.n - log.b > count + math.max(100, count / 10) then cut(log, log.n - count) end
if log.c - log.bc > bytes * 1.1 and log.n > log.b + 1 then
  cut(log, search(log.b + 1, log.n - 1, function(at) return log.c - totalAt(log, at) <= bytes end))
end
cutByAge(log, time, age)

local defaultEpoch, defaultNode = known[3] or log.e, known[4] or node
local value = log.n .. '\\n' .. time .. '\\n' .. (defaultEpoch == log.e and '' or log.e) .. '\\n'
  .. (defaultNode == node and '' or node) .. '\\n' .. id .. '\\n' .. hash
redis.call('HSET', ring, ref, value, 'g', ref, 'e', defaultEpoch, 'b', defaultNode)
redis.call('PEXPIRE', ring, ringTtl)
-- At least the window is kept. To remove the oldest ref at each append would cost half as much again.
if redis.call('HLEN', ring) - 3 > window + math.max(8, window / 2) then
  local refs = {}
  for _, field in ipairs(redis.call('HKEYS', ring)) do
    local number = tonumber(field)
    if number then refs[#refs + 1] = number end
  end
  table.sort(refs)
  for k = 1, #refs - window do redis.call('HDEL', ring, refs[k]) end
end

redis.call(ARGV[19], channel, 'l' .. log.e .. '\\n' .. log.n .. '\\n' .. entry)
return {1, log.e, log.n, time}
`,
)
