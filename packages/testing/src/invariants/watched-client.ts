import type { Client } from '@chat/core'

/** A client as invariants see it. */
export interface WatchedClient {
  /** Name of the client in the trace. */
  readonly name: string
  readonly client: Pick<Client, 'user' | 'session' | 'status' | 'positions'>
  /** Virtual time at which the client last joined each room, by room. */
  readonly joinedAt: ReadonlyMap<string, number>
}
