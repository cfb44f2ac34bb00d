import type { Duration } from '../time/duration.ts'
import type { AnyHub } from './any-hub.ts'

/** The backplane that the hubs of a world share, with the faults that it can have. */
export interface WorldBackplane {
  /** Takes the backplane out of reach of a hub, or of all hubs: operations fail, hints are lost. */
  outage(duration: Duration, hub?: AnyHub): void
  /**
   * Loses all data; the backplane is out of reach meanwhile, and comes back with new epochs. Default: 1 s.
   */
  wipe(downtime?: Duration): void
  /**
   * Loses the newest messages of a log although they were acknowledged, as a failover to a replica that lags
   * does. The backplane is out of reach meanwhile. Default: 1 s.
   */
  rollback(stream: string, count: number, downtime?: Duration): void
  /** Forgets a whole log, as a store does that is short of memory. The backplane stays in reach. */
  forget(stream: string): void
  /** Removes all but the newest `keep` messages of a log. */
  trim(stream: string, keep: number): void
  /** Loses and doubles shares of the hints, from 0 to 1. */
  hints(shares: { readonly lose?: number; readonly double?: number }, duration: Duration): void
  /** Loses a share of the answers to operations that were carried out, from 0 to 1. */
  loseAnswers(share: number, duration: Duration): void
}
