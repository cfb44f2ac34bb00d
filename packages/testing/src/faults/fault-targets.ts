import type { Duration } from '../time/duration.ts'
import type { AnyHub } from './any-hub.ts'
import type { LinkControl } from './link-control.ts'
import type { WorldBackplane } from './world-backplane.ts'

/** A client that faults can be applied to. */
export interface FaultyClient {
  readonly link: LinkControl
  /** Blocks the event loop of the client. */
  sleep(duration: Duration): void
}

/** The parts of a world that faults are applied to, by the numbers that faults name. */
export interface FaultTargets {
  readonly backplane: WorldBackplane
  /** Addresses that have a log. */
  readonly streams: readonly string[]
  /** Adds a line to the trace. */
  note(text: string): void
  /** Returns a hub by its index, modulo their number; `null` for a world without hubs. */
  hubAt(index: number): AnyHub | null
  /** Returns a client by its index, modulo their number; `null` for a world without clients. */
  clientAt(index: number): FaultyClient | null
  /** Ends a hub as a crash does, and starts it again after `restart`. */
  crash(hub: AnyHub, options: { readonly restart: Duration; readonly seen?: Duration | null }): void
  /** Blocks the event loop of a hub. */
  pause(hub: AnyHub, duration: Duration): void
  /** Changes the speed of a hub's clock. */
  skew(hub: AnyHub, rate: number, duration: Duration): void
  /** Sets the wall clock of a hub fast by milliseconds, or slow by a negative number. */
  shiftClock(hub: AnyHub, ahead: number, duration: Duration): void
}
