import type { Runtime } from '../../runtime/runtime.ts'
import { LinkDirection } from './link-direction.ts'

/** An end of a connection, as a link treats it. */
interface End {
  /** Ends silently. The peer notices it after `telling` milliseconds, or never (`null`). */
  vanish(telling: number | null): void
}

/** A direction on a link: from the client to the hub, from the hub to the client. */
export type Direction = 'up' | 'down'

/** The delay in milliseconds after which each side notices a reset; `null` for never. */
export interface Reset {
  /** Delay of the client. */
  readonly client: number | null
  /** Delay of the hub. */
  readonly hub: number | null
}

/**
 * The link between a client and its hubs, with the faults of a network. Its connections are ordered and
 * reliable like TCP. They can stall and heal with late data, go half-open, be reset, refused or slow; single
 * transmissions are never lost or reordered.
 */
export class MemoryLink {
  /**
   * The direction to the hub.
   *
   * @internal
   */
  readonly up: LinkDirection
  /**
   * The direction to the client.
   *
   * @internal
   */
  readonly down: LinkDirection
  readonly #runtime: Runtime
  readonly #connections = new Map<End, End>()
  #refusing = false

  /** @internal */
  constructor(runtime: Runtime, latency: () => number) {
    this.#runtime = runtime
    this.up = new LinkDirection(runtime, latency)
    this.down = new LinkDirection(runtime, latency)
  }

  /** `true` while dials are refused. */
  get refusing(): boolean {
    return this.#refusing
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#connections.size
  }

  /** Refuses dials, or accepts them again. Open connections stay. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing
  }

  /** Ends every open connection at both ends, and refuses dials until {@link MemoryLink.restore}. */
  cut(): void {
    this.#refusing = true
    this.reset({ client: 0, hub: 0 })
  }

  /** Releases both directions, and accepts dials again. */
  restore(): void {
    this.#refusing = false
    this.release('up')
    this.release('down')
  }

  /**
   * Holds all transmissions of a direction until it is released: a stall, or in one direction only, a
   * half-open connection.
   */
  hold(direction: Direction): void {
    this[direction].hold()
  }

  /** Lets the held transmissions of a direction arrive, late. */
  release(direction: Direction): void {
    this[direction].release()
  }

  /** Sets the bandwidth of each direction in bytes a second; `Infinity` for no bound. */
  limit(bytesPerSecond: number): void {
    this.up.bandwidth = bytesPerSecond / 1_000
    this.down.bandwidth = bytesPerSecond / 1_000
  }

  /** Resets every open connection. A side that never notices the reset has only its own timeouts. */
  reset({ client, hub }: Reset): void {
    for (const [near, far] of [...this.#connections]) {
      this.#connections.delete(near)
      if (client !== null) this.#runtime.timer(client, () => near.vanish(null))
      if (hub !== null) this.#runtime.timer(hub, () => far.vanish(null))
    }
  }

  /**
   * Adds the two ends of a connection.
   *
   * @internal
   */
  add(near: End, far: End): void {
    this.#connections.set(near, far)
  }

  /**
   * Removes a connection by the end of the client.
   *
   * @internal
   */
  delete(near: End): void {
    this.#connections.delete(near)
  }
}
