import type { HubContext } from '../context.ts'
import type { FeedRegistry } from '../delivery/feed-registry.ts'
import type { PresenceRegistry } from '../presence/presence-registry.ts'
import type { Streams } from '../streams/streams.ts'
import type { Backlogs } from './backlog.ts'
import type { RateLimiter } from './rate-limiter.ts'
import type { SessionExpiry } from './session-expiry.ts'

/** The services of a node that its sessions use. */
export interface SessionServices {
  /** Leaf services. */
  readonly context: HubContext
  /** The feeds of the node. */
  readonly feeds: FeedRegistry
  /** The presence of the node; `null` when it is off. */
  readonly presence: PresenceRegistry | null
  /** The streams of the node. */
  readonly streams: Streams
  /** The operations that wait. */
  readonly backlogs: Backlogs
  /** Rate limits of operations. */
  readonly rates: RateLimiter
  /** Rate limits of the joins of streams. */
  readonly streamRates: RateLimiter
  /** Rate limits of the work with which clients catch up. */
  readonly catchUpRates: RateLimiter
  /** Watches sessions that are not connected. */
  readonly expiry: SessionExpiry
}
