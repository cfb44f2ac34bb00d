import { Hub } from '@chat/core'
import type { TransportHub } from '@chat/core/transport'
import { RecordingHost } from '@chat/testing/conformance'

/** Replaces the hub of a server under test: it records its connections, and has a hub's limits. */
export class RecordingHub extends RecordingHost implements TransportHub {
  readonly closing = false
  readonly limits: TransportHub['limits'] = new Hub().limits
}
