import { type Script, script } from './script.ts'

/**
 * Takes a session over. KEYS: record. Answers 0 unknown · 1 stale · 2 taken (generation, greatest ref, node
 * before, mark). The caller compares the mark with the user's, which is in another slot.
 */
export const sessionTake: Script = script(
  'session take',
  `
local f = redis.call('HMGET', KEYS[1], 'u', 's', 'a', 'o', 'p', 'g', 'r', 'n', 'k', 'x')
local user, secret, attempt, nextSecret, node, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
if f[1] ~= user or f[10] then return {0} end
local attempts
if f[2] == secret then attempts = tonumber(f[3])
elseif f[4] == secret then attempts = tonumber(f[5])
else return {0} end
if attempt <= attempts then return {1} end
local generation = tonumber(f[6]) + 1
-- A session whose last taking was not confirmed may still be at the node before.
local before = f[4] and '' or f[8]
redis.call('HSET', KEYS[1], 's', nextSecret, 'a', 0, 'o', secret, 'p', attempt, 'g', generation, 'n', node)
redis.call('PEXPIRE', KEYS[1], ttl)
return {2, generation, tonumber(f[7]), before, f[9]}
`,
)
