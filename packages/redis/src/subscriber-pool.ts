import type { Subscriber } from './subscriber.ts'

/** A connection for subscriptions, and the channel on which the node hears itself through it. */
export interface HintWay {
  readonly subscriber: Subscriber
  readonly probe: string
}

/** The connections for subscriptions: one, or one to each primary of a cluster. */
export interface SubscriberPool {
  /** The connections, each with its probe. */
  readonly ways: readonly HintWay[]
  /** Returns the connection for a channel; `null` while no connection has it. */
  subscriberOf(channel: string): Subscriber | null
  /** Connects; rejects when the first attempt fails. */
  connect(): Promise<void>
  /** Looks where the channels are now, and moves those that are elsewhere. */
  refresh(): Promise<void>
  /** Closes the connections. */
  close(): void
}
