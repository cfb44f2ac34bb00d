import type { Limits } from '@chat/core'
import { type LocalPeer, RecordingHub, type StartOptions } from '@chat/testing/conformance'

/** Replaces the hub in tests of the transport alone. */
export class TestHub extends RecordingHub {
  constructor(options: Partial<StartOptions & Limits> = {}) {
    super({ subprotocols: ['chat.v1.json'], greeting: [], farewell: null, ...options }, options)
  }

  /** The hub's side of the newest connection. */
  get newest(): LocalPeer {
    const peer = this.peers.at(-1)
    if (peer === undefined) throw new Error('no client has connected')
    return peer
  }

  /** Transmissions that were received on the newest connection. */
  get received(): string[] {
    return this.newest.log.flatMap((event) => (event.type === 'receive' ? [event.text] : []))
  }

  /** End of the newest connection; `null` while it is open. */
  get end(): { readonly code: number; readonly reason: string } | null {
    const last = this.newest.log.at(-1)
    return last?.type === 'closed' ? { code: last.code, reason: last.reason } : null
  }
}
