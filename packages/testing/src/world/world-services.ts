import type { Runtime } from '@chat/core'
import type { MemoryNetwork } from '@chat/core/memory'
import type { BackplaneControl } from '../faults/backplane-control.ts'
import type { AuthorisationInvariant } from '../invariants/authorisation-invariant.ts'
import type { LogHistory } from '../invariants/log-history.ts'
import type { PresenceInvariant } from '../invariants/presence-invariant.ts'
import type { RunReport } from '../report/run-report.ts'
import type { TimeSpans } from '../time/time-spans.ts'
import type { VirtualTime } from '../time/virtual-time.ts'

/** The services that the hubs and clients of a world share. */
export interface WorldServices {
  readonly time: VirtualTime
  /** Timers of the world, by which faults begin and end. */
  readonly runtime: Runtime
  readonly network: MemoryNetwork
  readonly backplane: BackplaneControl
  readonly history: LogHistory
  readonly authorisation: AuthorisationInvariant
  readonly presence: PresenceInvariant
  /** Spans in which a hub can miss the renewal of its lease. */
  readonly missedRenewals: TimeSpans
  readonly report: RunReport
}
