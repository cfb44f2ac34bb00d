import { openLog } from './open-log.ts'
import { type Script, script } from './script.ts'

/** Keeps a log and its epoch from being forgotten. KEYS: hash, list. Answers its epoch and its top. */
export const touch: Script = script(
  'touch',
  openLog,
  `
local log = open(ARGV[1])
keep(tonumber(ARGV[2]))
return {log.e, log.n}
`,
)
