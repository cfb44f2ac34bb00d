/**
 * A seeded generator (mulberry32 after Tommy Ettinger, seeded by an FNV-1a hash): the same seed and name
 * always give the same numbers. Each actor of a world has its own generator, so the draws of an actor do not
 * shift those of the other actors.
 */
export class Random {
  #state: number

  /** Makes the generator of an actor. */
  constructor(seed: number, actor: string) {
    let hash = 2166136261 ^ seed
    for (let i = 0; i < actor.length; i++) hash = Math.imul(hash ^ actor.charCodeAt(i), 16777619)
    this.#state = hash >>> 0
  }

  /** Returns a number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** Returns an integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below)
  }

  /** Returns a number in [least, most). */
  between(least: number, most: number): number {
    return least + this.next() * (most - least)
  }
}
