/** Shortest time over which frames are counted, in milliseconds. */
const period = 1_000
/** Duration of excess without a break after which a connection is closed, in milliseconds (P-LV-8). */
const longestExcess = 10_000
/** Connections of one payer that may send as much excess as a single connection, and excess that is never shared. */
const shared = { connections: 20, least: 2 }

/** Shares the excess that a payer may send between the payer's connections that send it (P-LV-8). */
export class ExcessShares {
  readonly #most: number
  /** Number of connections that send excess, by payer. */
  readonly #connections = new Map<string, number>()

  /** @param most - Frames per second that a connection may send without an end, when it is alone. */
  constructor(most: number) {
    this.#most = most
  }

  /** Number of payers whose connections send excess. */
  get size(): number {
    return this.#connections.size
  }

  /** Returns the frames per second that each connection of a payer may send. */
  shareOf(payer: string): number {
    const share = (this.#most * shared.connections) / (this.#connections.get(payer) ?? 1)
    return Math.min(this.#most, Math.max(share, shared.least))
  }

  /** Adds a connection of a payer, or takes it away. */
  count(payer: string, by: 1 | -1): void {
    const count = (this.#connections.get(payer) ?? 0) + by
    if (count > 0) this.#connections.set(payer, count)
    else this.#connections.delete(payer)
  }
}

/** Counts the frames of one connection that cost no unit (P-LV-8). It exists while there are any. */
export class Excess {
  readonly #shares: ExcessShares
  readonly #payer: string
  #since: number
  #frames = 0
  #lasting = 0

  constructor(shares: ExcessShares, payer: string, now: number) {
    this.#shares = shares
    this.#payer = payer
    this.#since = now
    shares.count(payer, 1)
  }

  /** Adds frames. Returns `over` when the connection is to be closed, and `calm` when it need not be watched. */
  add(frames: number, now: number): 'over' | 'watched' | 'calm' {
    this.#frames += frames
    const time = now - this.#since
    if (time < period) return 'watched'
    const calm = this.#frames <= (this.#shares.shareOf(this.#payer) * time) / 1_000
    this.#lasting = calm ? 0 : this.#lasting + time
    this.#since = now
    this.#frames = 0
    if (calm) return 'calm'
    return this.#lasting >= longestExcess ? 'over' : 'watched'
  }

  /** Ends the count. Called once, when the connection is calm or has ended. */
  end(): void {
    this.#shares.count(this.#payer, -1)
  }
}
