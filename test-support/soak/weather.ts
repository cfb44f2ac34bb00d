import { pause } from '../brokers/until.ts'
import type { FaultProxy } from '../fault-proxy.ts'
import type { Seeded } from './seeded.ts'

const ways = ['up', 'down'] as const

/** A fault of the network. It resolves when the fault is over. */
type Fault = (proxy: FaultProxy, random: Seeded) => Promise<void>

const faults: Readonly<Record<string, Fault>> = {
  async stall(proxy, random) {
    proxy.stall(random.pick([undefined, ...ways]))
    await pause(random.between(200, 15_000))
    proxy.heal()
  },
  async strand(proxy, random) {
    proxy.strand(random.pick([undefined, ...ways]))
    await pause(random.between(1_000, 15_000))
    proxy.heal()
  },
  async reset(proxy) {
    proxy.reset()
  },
  async 'half close'(proxy, random) {
    proxy.halfClose(random.pick(ways))
  },
  async cut(proxy, random) {
    proxy[random.pick(ways)].cutAfter = random.between(1, 20_000)
  },
  async slow(proxy, random) {
    const way = proxy[random.pick(ways)]
    Object.assign(way, { latency: random.between(10, 400), slice: random.between(1, 500), bandwidth: 20_000 })
    await pause(random.between(1_000, 6_000))
    const infinite = Number.POSITIVE_INFINITY
    Object.assign(way, { latency: 0, slice: infinite, bandwidth: infinite })
  },
  async refuse(proxy, random) {
    proxy.refusing = true
    await pause(random.between(200, 4_000))
    proxy.refusing = false
  },
}

const names = Object.keys(faults) as [string, ...string[]]

/** Faults of a network, one after the other, each with its duration from the seed. */
export class Weather {
  /** Number of faults so far, by name. */
  readonly counts: Record<string, number> = {}
  readonly #proxy: FaultProxy
  readonly #random: Seeded
  #over = false

  constructor(proxy: FaultProxy, random: Seeded) {
    this.#proxy = proxy
    this.#random = random
  }

  /** Lets faults happen until {@link Weather.clear}, and resolves when the last is over. */
  async blow(): Promise<void> {
    while (!this.#over) {
      await pause(this.#random.between(300, 3_000))
      const name = this.#random.pick(names)
      this.counts[name] = (this.counts[name] ?? 0) + 1
      await faults[name]?.(this.#proxy, this.#random)
    }
  }

  /** Ends the faults: none begins from now on. */
  clear(): void {
    this.#over = true
  }
}
