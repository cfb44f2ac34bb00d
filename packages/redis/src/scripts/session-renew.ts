import { type Script, script } from './script.ts'

/**
 * Keeps a record, unless a newer generation has it. KEYS: record. Answers 0 no such record · 1 dropped · 2
 * (mark). The caller compares the mark with the user's, which is in another slot.
 */
export const sessionRenew: Script = script(
  'session renew',
  `
local f = redis.call('HMGET', KEYS[1], 'u', 'g', 'r', 'k', 'x')
if f[1] ~= ARGV[1] then return {0} end
if f[5] then return {1} end
if f[2] == ARGV[2] then
  if tonumber(ARGV[3]) > tonumber(f[3]) then redis.call('HSET', KEYS[1], 'r', ARGV[3]) end
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return {2, f[4]}
`,
)
