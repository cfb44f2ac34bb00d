import type { RedisClient } from './client.ts'

/** Channels of one SUBSCRIBE. */
const lot = 500

/** Events of a {@link Subscriber}. */
export interface SubscriberEvents {
  /** Called with each text of a channel. */
  received(channel: string, text: string): void
  /** Called when texts may have been lost: the connection ended, or the server refused or ended a channel. */
  lost(): void
}

/**
 * A connection for subscriptions. After each reconnect it subscribes to its channels again. It is `ready` when
 * the server has confirmed all of them.
 */
export class Subscriber {
  readonly #client: RedisClient
  readonly #sharded: boolean
  readonly #events: SubscriberEvents
  /** The channels that are wanted; `true` when the server has confirmed them on this connection. */
  readonly #channels = new Map<string, boolean>()
  readonly #waiting = new Set<() => void>()
  #unsent: string[] = []
  #up = false
  #closed = false

  constructor(client: RedisClient, sharded: boolean, events: SubscriberEvents) {
    this.#client = client
    this.#sharded = sharded
    this.#events = events
    client.on('error', () => {})
    client.on('ready', () => this.#ready())
    for (const event of ['close', 'end']) client.on(event, () => this.#lost())
    // The server ends the sharded subscriptions of a slot that it gives away.
    client.on('moved', () => this.reset())
    client.on(sharded ? 'smessage' : 'message', (channel, text) =>
      events.received(String(channel), String(text)),
    )
  }

  /** Connects; rejects when the first attempt fails. */
  async connect(): Promise<void> {
    await this.#client.connect()
    this.#ready()
  }

  /** `true` while the connection is open. */
  get up(): boolean {
    return this.#up
  }

  /** `true` when all channels are confirmed. */
  get ready(): boolean {
    return this.#up && [...this.#channels.values()].every((confirmed) => confirmed)
  }

  has(channel: string): boolean {
    return this.#channels.has(channel)
  }

  /** Subscribes. Channels of one turn are one command. */
  add(channel: string): void {
    if (this.#channels.has(channel)) return
    this.#channels.set(channel, false)
    if (this.#up) this.#send([channel])
  }

  /** Unsubscribes. */
  remove(channels: readonly string[]): void {
    const known = channels.filter((channel) => this.#channels.delete(channel))
    if (!this.#up || known.length === 0) return
    const command = this.#sharded ? 'sunsubscribe' : 'unsubscribe'
    for (const some of this.#lots(known)) this.#client.call(command, ...some).catch(() => {})
  }

  /**
   * Resolves when a channel is confirmed. Resolves at once when the connection is lost or ends: then all that
   * was told meanwhile counts as lost.
   */
  async confirmed(channel: string): Promise<void> {
    while (this.#up && this.#channels.get(channel) === false)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  /** Tells if {@link confirmed} would wait. */
  isPending(channel: string): boolean {
    return this.#up && this.#channels.get(channel) === false
  }

  /** Connects anew. */
  reset(): void {
    if (!this.#closed) this.#client.disconnect(true)
  }

  /** Connects again if the client has given up: it does so when sentinels name a new primary meanwhile. */
  revive(): void {
    if (this.#client.status === 'end' && !this.#closed) this.#client.connect().catch(() => {})
  }

  close(): void {
    this.#closed = true
    this.#up = false
    this.#client.disconnect()
    this.#wake()
  }

  #ready(): void {
    if (this.#closed || this.#up) return
    this.#up = true
    this.#unsent = []
    for (const channel of this.#channels.keys()) this.#channels.set(channel, false)
    this.#send([...this.#channels.keys()])
  }

  #lost(): void {
    if (this.#closed || !this.#up) return
    this.#up = false
    this.#wake()
    this.#events.lost()
  }

  #send(channels: readonly string[]): void {
    if (channels.length === 0) return
    this.#unsent.push(...channels)
    if (this.#unsent.length > channels.length) return
    queueMicrotask(() => {
      const unsent = this.#unsent.filter((channel) => this.#channels.get(channel) === false)
      this.#unsent = []
      if (!this.#up) return
      for (const some of this.#lots(unsent)) void this.#subscribe(some)
    })
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    try {
      await this.#client.call(this.#sharded ? 'ssubscribe' : 'subscribe', ...channels)
      for (const channel of channels) if (this.#channels.has(channel)) this.#channels.set(channel, true)
      this.#wake()
    } catch {
      // Also when the slot of a channel has moved: its owner looks at the cluster again.
      this.#events.lost()
      this.reset()
    }
  }

  /** In a cluster the channels of a command must be in one slot. */
  *#lots(channels: readonly string[]): Generator<readonly string[]> {
    const size = this.#sharded ? 1 : lot
    for (let from = 0; from < channels.length; from += size) yield channels.slice(from, from + size)
  }

  #wake(): void {
    for (const resolve of [...this.#waiting]) resolve()
    this.#waiting.clear()
  }
}
