/**
 * The part that scripts of a log share. KEYS[1] is the hash of the log, KEYS[2] the list of its entries.
 *
 * The hash: e epoch, n offset of the newest entry, i its id, c bytes of all entries until now, b offset of the
 * last entry that is no longer kept, bi its id, bc the bytes until there, o time of the oldest entry, t time of
 * the newest. An entry: time, bytes until and with it, id, event, sender, meta, data; each but the last on a
 * line of its own.
 */
export const openLog: string = `
local meta, list = KEYS[1], KEYS[2]

-- Offsets have no holes, so the list has as many entries as lie between the base and the top. Any other number
-- means that the server has lost a key: what is left cannot be trusted, and readers are told by a new epoch.
local function open(epoch)
  local f = redis.call('HMGET', meta, 'e', 'n', 'i', 'c', 'b', 'bi', 'bc', 'o', 't')
  local log = {
    e = f[1], n = tonumber(f[2] or 0), i = f[3] or '', c = tonumber(f[4] or 0), b = tonumber(f[5] or 0),
    bi = f[6] or '', bc = tonumber(f[7] or 0), o = tonumber(f[8] or 0), t = tonumber(f[9] or 0),
  }
  if log.e and redis.call('LLEN', list) == log.n - log.b then return log end
  redis.call('DEL', list)
  log.e, log.b, log.bi, log.bc = epoch, log.n, log.i, log.c
  redis.call('HSET', meta, 'e', epoch, 'n', log.n, 'b', log.b, 'bi', log.bi, 'bc', log.bc)
  return log
end

-- The time, the running total and the id of the entry at an offset.
local function entryAt(log, at)
  local entry = redis.call('LINDEX', list, at - log.b - 1)
  local time, total, id = string.match(entry, '^(%d+)\\n(%d+)\\n([^\\n]*)\\n')
  return tonumber(time), tonumber(total), id
end

local function totalAt(log, at)
  if at == log.b then return log.bc end
  if at == log.n then return log.c end
  local _, total = entryAt(log, at)
  return total
end

-- The smallest offset in [low, high] for which a condition holds that stays true once it holds; else high.
local function search(low, high, holds)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if holds(middle) then high = middle else low = middle + 1 end
  end
  return low
end

-- Removes the entries up to an offset.
local function cut(log, at)
  local _, total, id = entryAt(log, at)
  redis.call('LTRIM', list, at - log.b, -1)
  log.b, log.bi, log.bc = at, id, total
  log.o = at < log.n and entryAt(log, at + 1) or 0
  redis.call('HSET', meta, 'b', log.b, 'bi', log.bi, 'bc', log.bc, 'o', log.o)
end

-- Removes the entries above their age, once the oldest is a tenth older, so that one cut removes many.
local function cutByAge(log, now, age)
  if log.n == log.b or now - log.o <= age * 1.1 then return end
  local at = search(log.b + 1, log.n + 1, function(offset)
    return offset > log.n or (entryAt(log, offset)) > now - age
  end)
  if at > log.b + 1 then cut(log, at - 1) end
end

-- Keeps the log, and with it its epoch, when half of its time is over.
local function keep(ttl)
  if redis.call('PTTL', meta) >= ttl / 2 then return end
  redis.call('PEXPIRE', meta, ttl)
  redis.call('PEXPIRE', list, ttl)
end
`
