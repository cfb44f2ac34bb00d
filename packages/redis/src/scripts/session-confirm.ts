import { type Script, script } from './script.ts'

/** Makes the older secret invalid, unless a newer generation has the record. KEYS: record. */
export const sessionConfirm: Script = script(
  'session confirm',
  `
if redis.call('HGET', KEYS[1], 'g') == ARGV[1] then redis.call('HDEL', KEYS[1], 'o', 'p') end
`,
)
