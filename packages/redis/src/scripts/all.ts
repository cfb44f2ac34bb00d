import { append } from './append.ts'
import { bump } from './bump.ts'
import { checkVersion } from './check-version.ts'
import { presenceClean } from './presence-clean.ts'
import { presenceEnter } from './presence-enter.ts'
import { presenceLease } from './presence-lease.ts'
import { presenceLeave } from './presence-leave.ts'
import { presenceMembers } from './presence-members.ts'
import { read } from './read.ts'
import { redact } from './redact.ts'
import type { Script } from './script.ts'
import { sessionConfirm } from './session-confirm.ts'
import { sessionDrop } from './session-drop.ts'
import { sessionPut } from './session-put.ts'
import { sessionRenew } from './session-renew.ts'
import { sessionTake } from './session-take.ts'
import { touch } from './touch.ts'

/** Every script. A connection loads them before its first command. */
export const scripts: readonly Script[] = [
  ...[append, read, touch, bump, redact],
  ...[sessionPut, sessionTake, sessionConfirm, sessionRenew, sessionDrop],
  ...[presenceLease, presenceClean, presenceEnter, presenceLeave, presenceMembers, checkVersion],
]
