import type { Subscriber } from './subscriber.ts'
import type { HintWay, SubscriberPool } from './subscriber-pool.ts'

/** One connection for all subscriptions. */
export class SinglePool implements SubscriberPool {
  readonly ways: readonly HintWay[]
  readonly #subscriber: Subscriber

  constructor(subscriber: Subscriber, probe: string) {
    this.#subscriber = subscriber
    this.ways = [{ subscriber, probe }]
    subscriber.add(probe)
  }

  subscriberOf(): Subscriber {
    return this.#subscriber
  }

  connect(): Promise<void> {
    return this.#subscriber.connect()
  }

  async refresh(): Promise<void> {}

  close(): void {
    this.#subscriber.close()
  }
}
