import { networkOf } from './remote-address.ts'

/** Places of one kind, shared by the networks of all clients. */
export class Places {
  /** Number of places that are taken. */
  taken = 0
  readonly #most: number
  readonly #mostOfNetwork: number | null

  /** @param mostOfNetwork - Places of one network; `null` for as many as are free. */
  constructor(most: number, mostOfNetwork: number | null) {
    this.#most = most
    this.#mostOfNetwork = mostOfNetwork
  }

  /** True if all places are taken. */
  get full(): boolean {
    return this.taken >= this.#most
  }

  /** True if a network that has taken so many places has as many as it may. */
  isFullFor(own: number): boolean {
    return own >= (this.#mostOfNetwork ?? this.#most - this.taken)
  }
}

/**
 * Places of requests that wait for the application and are not connections of the hub. A remote address uses
 * half of them at most, so that the other addresses always find some; an unknown address has no limit of its
 * own.
 */
export class RequestPlaces {
  readonly #places: Places
  /** Number of waiting requests, by network. */
  readonly #networks = new Map<string, number>()

  /** @param most - Requests that may wait at a time. */
  constructor(most: number) {
    this.#places = new Places(most, null)
  }

  /** Tells whether a further request from an address may wait. */
  hasRoom(remoteAddress: string): boolean {
    const places = this.#places
    if (places.taken === 0) return true
    const name = networkOf(remoteAddress)
    return !places.full && (name === '' || !places.isFullFor(this.#networks.get(name) ?? 0))
  }

  /** Takes a place; returns the function that frees it. */
  enter(remoteAddress: string): () => void {
    const name = networkOf(remoteAddress)
    this.#count(name, 1)
    return () => this.#count(name, -1)
  }

  #count(name: string, by: 1 | -1): void {
    this.#places.taken += by
    const count = (this.#networks.get(name) ?? 0) + by
    if (count > 0) this.#networks.set(name, count)
    else this.#networks.delete(name)
  }
}
