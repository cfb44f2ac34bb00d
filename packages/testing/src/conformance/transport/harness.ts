import type { Dialer, TransportCapabilities } from '@chat/core/transport'
import type { SuiteTiming } from '../poller.ts'
import type { AcceptedPeer, StartOptions } from './peer.ts'

/** One of the two ends of a link. */
export type Side = 'client' | 'server'

/** What a harness may lack. Each one leaves out the cases that need it. */
export type Lack =
  /** The server's ends are no {@link LocalPeer}s: the suite cannot call their connections in its own turn. */
  | 'local server'
  /** {@link TransportBench.nowhere} */
  | 'nowhere'
  /** {@link TransportBench.cut} */
  | 'cut'
  /** {@link TransportBench.vanish} */
  | 'vanish'

/** A transport as the suite tests it. */
export interface TransportHarness extends SuiteTiming {
  /** What the suite is called, such as `memory` or `node-ws`. */
  readonly name: string
  /** What the connections of each side declare. What a side cannot do is not asked of it. */
  readonly capabilities: Readonly<Record<Side, TransportCapabilities>>
  /** What this harness has no means for, with the reason, which the report shows. */
  readonly lacks?: Readonly<Partial<Record<Lack, string>>>
  /** Cases that cannot pass here, by name, with the reason, which the report shows. */
  readonly skip?: Readonly<Record<string, string>>
  /** Makes a server for one case. */
  start(options: StartOptions): Promise<TransportBench>
}

/** A server, and the ways to it, for one case. */
export interface TransportBench {
  /** Reaches the server. */
  readonly dial: Dialer
  /** Reaches nobody: a place where nothing listens. */
  readonly nowhere?: Dialer
  /** The server's end of the link that was dialled next, in the order of the dials. {@link RecordingHost.next} is one. */
  accepted(): Promise<AcceptedPeer>
  /** How many of the server's ends have not ended. {@link RecordingHost.open} is one. */
  open(): Promise<number>
  /** Resets every link: both ends are told by the network. */
  cut?(): Promise<void>
  /** Lets one side fall silent on every link, without a word to the other. */
  vanish?(side: Side): Promise<void>
  /** Lets go of everything. */
  stop(): Promise<void>
}
