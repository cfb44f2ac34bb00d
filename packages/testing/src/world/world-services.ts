import type { Runtime } from '@chat/core'
import type { MemoryNetwork } from '@chat/core/memory'
import type { BackplaneControl } from '../faults/backplane-control.ts'
import type { Authorisation } from '../invariants/authorisation-invariant.ts'
import type { LogHistory } from '../invariants/log-history.ts'
import type { Attendance } from '../invariants/presence-invariant.ts'
import type { Spans } from '../time/time-spans.ts'
import type { VirtualTime } from '../time/virtual-time.ts'
import type { Verdict } from './run-report.ts'

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
