import { type Script, script } from './script.ts'

/** Gives a log another epoch, if it still has the given epoch. KEYS: hash. */
export const bump: Script = script(
  'bump',
  `
if redis.call('HGET', KEYS[1], 'e') == ARGV[1] then redis.call('HSET', KEYS[1], 'e', ARGV[2]) end
`,
)
