import type { MemoryNetwork, Runtime } from '@chat/core'
import type { Attendance } from './attendance.ts'
import type { Authorisation } from './authorisation.ts'
import type { BackplaneControl } from './backplane-control.ts'
import type { LogHistory } from './history.ts'
import type { Spans } from './spans.ts'
import type { Verdict } from './verdict.ts'
import type { VirtualTime } from './virtual-time.ts'

/**
 * What hubs and clients of one world stand on.
 *
 * @internal
 */
export interface Ground {
  readonly time: VirtualTime
  /** The world's own timers, by which faults begin and end. */
  readonly chance: Runtime
  readonly network: MemoryNetwork
  readonly backplane: BackplaneControl
  readonly history: LogHistory
  readonly authorisation: Authorisation
  readonly attendance: Attendance
  /** When a hub could not renew its lease. */
  readonly silence: Spans
  readonly verdict: Verdict
}
