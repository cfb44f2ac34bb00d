import type { Search } from '../search.ts'
import { asks } from './asks.ts'
import { cancels } from './cancels.ts'
import { connections } from './connections.ts'
import { crowds } from './crowds.ts'
import { delivery } from './delivery.ts'
import { limits } from './limits.ts'
import { logs } from './logs.ts'
import { policies } from './policies.ts'
import { presenceSearches } from './presence.ts'
import { protocolBreaches } from './protocol-breaches.ts'
import { revocations } from './revocations.ts'

/** All searches. */
export const searches: readonly Search[] = [
  ...delivery,
  ...logs,
  ...connections,
  ...limits,
  ...crowds,
  ...policies,
  ...revocations,
  ...protocolBreaches,
  ...presenceSearches,
  ...asks,
  ...cancels,
]
