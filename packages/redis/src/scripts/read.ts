import { clock } from './clock.ts'
import { openLog } from './open-log.ts'
import { type Script, script } from './script.ts'

/**
 * Reads a page. KEYS: hash, list. A log that is unknown gets its epoch here, and begins with it.
 *
 * Answers epoch, base, its id, top, its id, offset of the first entry, id at the given offset, bytes behind it,
 * entries.
 */
export const read: Script = script(
  'read',
  clock,
  openLog,
  `
local epoch, ttl, age = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local forwards, offset, limit, bytes = ARGV[5] == 'after', tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

local log = open(epoch)
cutByAge(log, clock(ARGV[1]), age)
keep(ttl)

local first, last
local afterId, behind = '', 0
if forwards then
  local start = math.max(offset, log.b)
  first, last = start + 1, math.min(log.n, start + limit)
  if offset > log.b and offset <= log.n then
    local _, total, id = entryAt(log, offset)
    afterId, behind = id, log.c - total
  elseif offset < log.n then
    behind = log.c - log.bc
  end
else
  last = offset and math.min(log.n, offset - 1) or log.n
  first = math.max(log.b + 1, last - limit + 1)
end
if first > last then return {log.e, log.b, log.bi, log.n, log.i, log.n + 1, afterId, behind, {}} end

-- Finds the bounds by the running totals, because an answer with all entries may have hundreds of megabytes.
local upTo, before = totalAt(log, last), totalAt(log, first - 1)
if upTo - before > bytes then
  if forwards then
    last = search(first, last, function(at)
      return at == last or totalAt(log, at + 1) - before > bytes
    end)
  else
    first = search(first, last, function(at) return upTo - totalAt(log, at - 1) <= bytes end)
  end
end
local entries = redis.call('LRANGE', list, first - log.b - 1, last - log.b - 1)
return {log.e, log.b, log.bi, log.n, log.i, first, afterId, behind, entries}
`,
)
