import type { Runtime, Undo } from '@chat/core'
import type { Subscriber } from './subscriber.ts'
import type { SubscriberPool } from './subscriber-pool.ts'

/** Called with each text of a channel. */
export type TextListener = (text: string) => void

/**
 * The listeners of this node by channel. A channel stays subscribed for a while after its last listener has
 * gone, because rooms come and go.
 */
export class Subscriptions {
  readonly #pool: SubscriberPool
  readonly #runtime: Runtime
  readonly #linger: number
  readonly #listeners = new Map<string, Set<TextListener>>()
  /** Channels without listeners, and the time at which they end. */
  readonly #idle = new Map<string, number>()
  #sweeping: Undo | null = null
  #closed = false

  /**
   * @param linger - Duration for which a channel without listeners stays subscribed, in milliseconds.
   */
  constructor(pool: SubscriberPool, runtime: Runtime, linger: number) {
    this.#pool = pool
    this.#runtime = runtime
    this.#linger = linger
  }

  /** All channels that are subscribed. */
  get channels(): readonly string[] {
    return [...this.#listeners.keys(), ...this.#idle.keys()]
  }

  /** Listens to a channel. The undo ends it. */
  listen(channel: string, listener: TextListener): Undo {
    if (this.#closed) return () => {}
    const own = { listener }
    const call: TextListener = (text) => own.listener(text)
    const listeners = this.#listeners.get(channel) ?? new Set()
    if (!this.#listeners.has(channel)) this.#listeners.set(channel, listeners)
    if (!this.#idle.delete(channel)) this.#pool.subscriberOf(channel)?.add(channel)
    listeners.add(call)
    return () => {
      if (!listeners.delete(call) || listeners.size > 0) return
      if (this.#listeners.get(channel) !== listeners) return
      this.#listeners.delete(channel)
      this.#idle.set(channel, this.#runtime.now() + this.#linger)
      this.#sweepLater()
    }
  }

  /** Hands a text to the listeners of its channel. */
  receive(channel: string, text: string): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(text)
  }

  /** Resolves when the way of a channel is open, or its connection is lost; `null` when it need not wait. */
  opened(channel: string): Promise<void> | null {
    if (!this.#listeners.has(channel)) return null
    const subscriber = this.#pool.subscriberOf(channel)
    return subscriber?.isPending(channel) ? subscriber.confirmed(channel) : null
  }

  /** Removes all listeners. */
  close(): void {
    this.#closed = true
    this.#sweeping?.()
    this.#listeners.clear()
    this.#idle.clear()
  }

  #sweepLater(): void {
    if (this.#closed) return
    this.#sweeping ??= this.#runtime.timer(
      this.#linger,
      () => {
        this.#sweeping = null
        this.#sweep()
      },
      'upkeep',
    )
  }

  #sweep(): void {
    const now = this.#runtime.now()
    const ended = new Map<Subscriber, string[]>()
    for (const [channel, end] of this.#idle) {
      if (end > now) continue
      this.#idle.delete(channel)
      const subscriber = this.#pool.subscriberOf(channel)
      if (subscriber !== null) ended.set(subscriber, [...(ended.get(subscriber) ?? []), channel])
    }
    for (const [subscriber, channels] of ended) subscriber.remove(channels)
    if (this.#idle.size > 0) this.#sweepLater()
  }
}
