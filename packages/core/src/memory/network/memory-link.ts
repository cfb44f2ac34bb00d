import type { Runtime } from '../../runtime/runtime.ts'
import { LinkDirection } from './link-direction.ts'

/** One end of a connection, as a link treats it. */
interface End {
  /** Ends without a word to the peer, who learns of it after `telling` milliseconds, or never. */
  vanish(telling: number | null): void
}

/** A direction on a link: from the client to the hub, from the hub to the client. */
export type Direction = 'up' | 'down'

/** Who learns of a reset, and how much later in milliseconds; `null` is never. */
export interface Reset {
  readonly client: number | null
  readonly hub: number | null
}

/**
 * What lies between one client and its hubs, with everything that can go wrong with it. Its connections are ordered and reliable, as TCP is: they
 * stall and heal with late data, go half-open, are reset, refused, slow; single transmissions are never lost or reordered.
 */
export class MemoryLink {
  /** @internal */
  readonly up: LinkDirection
  /** @internal */
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

  /** Whether dialling is refused. */
  get refusing(): boolean {
    return this.#refusing
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size
  }

  /** Refuses to be dialled, or no longer does. What is open stays. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing
  }

  /** Ends every open connection at both ends, and refuses new ones until {@link MemoryLink.restore}. */
  cut(): void {
    this.#refusing = true
    this.reset({ client: 0, hub: 0 })
  }

  /** Releases both directions, and lets itself be dialled. */
  restore(): void {
    this.#refusing = false
    this.release('up')
    this.release('down')
  }

  /** Lets nothing arrive in a direction until it is released: a stall; held in one direction only, a half-open connection. */
  hold(direction: Direction): void {
    this[direction].hold()
  }

  /** Lets everything arrive that was held, late. */
  release(direction: Direction): void {
    this[direction].release()
  }

  /** Bytes a second, in each direction; `Infinity` for no bound. */
  limit(bytesPerSecond: number): void {
    this.up.bandwidth = bytesPerSecond / 1_000
    this.down.bandwidth = bytesPerSecond / 1_000
  }

  /** Resets every open connection; each side sees it when told, or never, and then only its own timeouts tell. */
  reset({ client, hub }: Reset): void {
    for (const [near, far] of [...this.#connections]) {
      this.#connections.delete(near)
      if (client !== null) this.#runtime.timer(client, () => near.vanish(null))
      if (hub !== null) this.#runtime.timer(hub, () => far.vanish(null))
    }
  }

  /** @internal */
  add(near: End, far: End): void {
    this.#connections.set(near, far)
  }

  /** @internal */
  delete(near: End): void {
    this.#connections.delete(near)
  }
}
