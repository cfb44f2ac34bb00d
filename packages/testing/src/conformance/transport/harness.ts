import type { Dialer, TransportCapabilities } from '@chat/core/transport'
import type { SuiteTiming } from '../poller.ts'
import type { AcceptedPeer, StartOptions } from './peer.ts'

/** An end of a link. */
export type Side = 'client' | 'server'

/** Means that a harness may lack. The suite skips the cases that need them. */
export type TransportLack =
  /**
   * A server in the suite's own process, whose ends are {@link LocalPeer}s: the suite calls their connections
   * in its own turn.
   */
  | 'local server'
  /** {@link TransportBench.nowhere} */
  | 'nowhere'
  /** {@link TransportBench.cut} */
  | 'cut'
  /** {@link TransportBench.vanish} */
  | 'vanish'

/** A transport as the suite tests it. */
export interface TransportHarness extends SuiteTiming {
  /** Name of the suite, such as `memory` or `node-ws`. */
  readonly name: string
  /**
   * Capabilities that the connections of each side declare. The suite skips the cases that need a missing
   * capability.
   */
  readonly capabilities: Readonly<Record<Side, TransportCapabilities>>
  /** Means that this harness lacks, each with the reason, which the report shows. Default: no lacks. */
  readonly lacks?: Readonly<Partial<Record<TransportLack, string>>>
  /** Cases to skip, by name, each with the reason, which the report shows. Default: no case. */
  readonly skip?: Readonly<Record<string, string>>
  /** Starts a server for a case. */
  start(options: StartOptions): Promise<TransportBench>
}

/** A server and the dialers that reach it, for a case. */
export interface TransportBench {
  /** Dials the server. */
  readonly dial: Dialer
  /** Dials an address without a server. */
  readonly nowhere?: Dialer
  /**
   * Resolves with the server's end of the next link, in the order of the dials, as {@link RecordingHub.next}
   * does.
   */
  accepted(): Promise<AcceptedPeer>
  /**
   * Resolves with the number of the server's ends that have not ended, as {@link RecordingHub.open} counts
   * them.
   */
  open(): Promise<number>
  /** Resets every link; the network notifies both ends. */
  cut?(): Promise<void>
  /** Silences a side of every link, without notice to its peers. */
  vanish?(side: Side): Promise<void>
  /** Stops the server and releases its links. */
  stop(): Promise<void>
}
