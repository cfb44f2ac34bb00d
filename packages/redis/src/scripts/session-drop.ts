import { type Script, script } from './script.ts'

/** Makes a record impossible to take. It stays for its time, so that a renewal learns of it. KEYS: record. */
export const sessionDrop: Script = script(
  'session drop',
  `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'x', 1) end
`,
)
