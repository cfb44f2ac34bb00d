import { type Script, script } from './script.ts'

/**
 * Keeps a new record. KEYS: record.
 *
 * The record: u user, s newest secret and a its greatest attempt, o older secret and p its greatest attempt, g
 * generation, r greatest ref, n node, k mark of the user when the record was put, x dropped.
 */
export const sessionPut: Script = script(
  'session put',
  `
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'u', ARGV[1], 's', ARGV[2], 'a', 0, 'g', 1, 'r', 0, 'n', ARGV[3], 'k', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
`,
)
