import { type Script, script } from './script.ts'

/**
 * Notes the version of the keys and the number of presence partitions, or answers those that are noted. KEYS:
 * version.
 */
export const checkVersion: Script = script(
  'check version',
  `
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
`,
)
