import type { Search } from '../search.ts'
import { admission } from './admission.ts'
import { asks } from './asks.ts'
import { cancels } from './cancels.ts'
import { connections } from './connections.ts'
import { crowds } from './crowds.ts'
import { cursors } from './cursors.ts'
import { delivery } from './delivery.ts'
import { excess } from './excess.ts'
import { greed } from './greed.ts'
import { instants } from './instants.ts'
import { lateListeners } from './late-listeners.ts'
import { limits } from './limits.ts'
import { logs } from './logs.ts'
import { newcomers } from './newcomers.ts'
import { outboxes } from './outboxes.ts'
import { policies } from './policies.ts'
import { presenceSearches } from './presence.ts'
import { protocolBreaches } from './protocol-breaches.ts'
import { reloads } from './reloads.ts'
import { returningPages } from './returning-pages.ts'
import { revocations } from './revocations.ts'
import { strangers } from './strangers.ts'
import { streams } from './streams.ts'

/** All searches. */
export const searches: readonly Search[] = [
  ...delivery,
  ...lateListeners,
  ...newcomers,
  ...logs,
  ...connections,
  ...limits,
  ...crowds,
  ...reloads,
  ...outboxes,
  ...instants,
  ...returningPages,
  ...greed,
  ...excess,
  ...strangers,
  ...admission,
  ...policies,
  ...revocations,
  ...protocolBreaches,
  ...presenceSearches,
  ...asks,
  ...cursors,
  ...cancels,
  ...streams,
]
