import { openLog } from './open-log.ts'
import { type Script, script } from './script.ts'

/**
 * Empties an entry in its place. KEYS: hash, list. Its running total stays, so that the totals of the entries
 * behind it stay right. Answers 1, or 0 when the log does not have the entry.
 */
export const redact: Script = script(
  'redact',
  openLog,
  `
local epoch, at, id, event, data = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
if redis.call('HGET', meta, 'e') ~= epoch then return 0 end
local log = open(ARGV[6])
if log.e ~= epoch or at <= log.b or at > log.n then return 0 end
local entry = redis.call('LINDEX', list, at - log.b - 1)
local head, own, from = string.match(entry, '^(%d+\\n%d+\\n([^\\n]*)\\n)[^\\n]*\\n([^\\n]*)\\n')
if own ~= id then return 0 end
redis.call('LSET', list, at - log.b - 1, head .. event .. '\\n' .. from .. '\\n\\n' .. data)
return 1
`,
)
