import type { Duration } from '../time/duration.ts'

/**
 * The network link between a client and its hubs. Faults without a duration last until {@link
 * WorldLink.restore}.
 */
export interface WorldLink {
  /** Cuts the link: the connection is lost on both sides, and new connections fail. */
  cut(duration?: Duration): void
  /**
   * Holds transmissions back, and delivers them late. A single direction gives a half-open connection.
   * Default: both directions.
   */
  stall(duration?: Duration, direction?: 'up' | 'down' | 'both'): void
  /**
   * Resets the connection. Each side notices after a delay, or never (`null`). Default: both sides at once.
   */
  reset(seen?: { readonly client: Duration | null; readonly hub: Duration | null }): void
  /** Refuses new connections; the existing connection stays. */
  refuse(duration?: Duration): void
  /** Limits the speed of the link. */
  limit(bytesPerSecond: number, duration?: Duration): void
  /** Ends all faults of the link. */
  restore(): void
}
