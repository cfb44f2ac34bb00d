import type { Runtime } from '../runtime/runtime.ts'
import { Places } from './places.ts'
import type { Refusal } from './refusal.ts'
import { networkOf } from './remote-address.ts'

/**
 * Limits of the connections that a hub has at a time, over all its transports. Each process counts its own.
 *
 * A limit for each address counts an IPv4 address, or the first 64 bits of an IPv6 address. With `null` an
 * address may use as many places as are free, so some are always left for the other addresses: a single
 * address uses half of all places at most. An unknown address has no limit of its own.
 */
export interface AdmissionLimits {
  /** Connections of the hub. Further connections are answered with 503. Default: 25 000. */
  readonly connections: number
  /**
   * Connections of one remote address. Further connections are answered with 429. Default: `null`, as many as
   * are free.
   */
  readonly connectionsPerAddress: number | null
  /**
   * Connections of one user, or of one `payer` of the users. The hub closes further connections with 4013
   * after `authenticate` has named the user. Anonymous users without a payer have no limit besides that of
   * their address. Default: 500.
   */
  readonly connectionsPerUser: number
  /**
   * Connections whose `authenticate` has not answered yet, whether their `hello` has arrived or not. Further
   * connections are answered with 503. Default: 12 000.
   */
  readonly handshakes: number
  /**
   * The same for one remote address. Further connections are answered with 429. Default: `null`, as many as
   * are free.
   */
  readonly handshakesPerAddress: number | null
}

/** Default limits of connections. */
export const defaultAdmissionLimits: AdmissionLimits = {
  connections: 25_000,
  connectionsPerAddress: null,
  connectionsPerUser: 500,
  handshakes: 12_000,
  handshakesPerAddress: null,
}

/** Refusal of a connection over a limit. */
export interface Excess extends Refusal {
  /** Time after which the client may try again, in milliseconds; spread, so that clients come back apart. */
  readonly retryAfter: number
}

/** Services of an {@link Admission}. */
export interface AdmissionServices {
  readonly runtime: Pick<Runtime, 'now' | 'random'>
  /** Called with the name of a limit that refuses a connection, at most once a minute for each limit. */
  readonly onExcess: (limit: keyof AdmissionLimits) => void
}

/** Least and greatest time after which a refused client may try again, in milliseconds. */
const retryAfter = { least: 1_000, spread: 4_000 }
/** Shortest time between two reports of a limit, in milliseconds. */
const reportInterval = 60_000

const messages: Readonly<Record<keyof AdmissionLimits, string>> = {
  connections: 'The server has no place for further connections.',
  connectionsPerAddress: 'There are too many connections from this address.',
  connectionsPerUser: 'There are too many connections of this user.',
  handshakes: 'The server has too many connections that wait to be identified.',
  handshakesPerAddress: 'There are too many connections from this address that wait to be identified.',
}

/**
 * Counts the connections of a hub by address and by user, and refuses those over a limit. The only such count:
 * all transports of a hub share it.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #services: AdmissionServices
  readonly #connections: Places
  readonly #handshakes: Places
  /** The networks with connections, by name. */
  readonly #networks = new Map<string, Network>()
  readonly #byPayer = new Map<string, number>()
  readonly #reported = new Map<keyof AdmissionLimits, number>()

  constructor(limits: AdmissionLimits, services: AdmissionServices) {
    this.#limits = limits
    this.#services = services
    this.#connections = new Places(limits.connections, limits.connectionsPerAddress)
    this.#handshakes = new Places(limits.handshakes, limits.handshakesPerAddress)
  }

  /** Returns the refusal of a further connection from an address; `null` when there is a place for it. */
  check(remoteAddress: string): Excess | null {
    const limit = this.#excess(this.#network(remoteAddress))
    return limit === null ? null : this.#refuse(limit)
  }

  /** Gives a new connection a place; returns the refusal when there is none. */
  enter(remoteAddress: string): Place | Excess {
    const network = this.#network(remoteAddress)
    const limit = this.#excess(network)
    if (limit !== null) return this.#refuse(limit)
    if (network.connections === 0) this.#networks.set(network.name, network)
    this.#connections.taken++
    this.#handshakes.taken++
    network.connections++
    network.handshakes++
    return new Place(this, network)
  }

  /** Ends the handshake of a connection from a network. Called by its place. */
  endHandshake(network: Network): void {
    this.#handshakes.taken--
    network.handshakes--
  }

  /** Counts a connection of a payer; returns the refusal when the payer has too many. Called by its place. */
  charge(payer: string): Excess | null {
    const count = this.#byPayer.get(payer) ?? 0
    if (count >= this.#limits.connectionsPerUser) return this.#refuse('connectionsPerUser')
    this.#byPayer.set(payer, count + 1)
    return null
  }

  /** Ends a connection. Called by its place. */
  leave(network: Network, payer: string | null): void {
    this.#connections.taken--
    if (--network.connections === 0) this.#networks.delete(network.name)
    if (payer !== null) this.#uncharge(payer)
  }

  /** Lowers the count of a payer, and forgets it at 0. */
  #uncharge(payer: string): void {
    const count = this.#byPayer.get(payer) ?? 0
    if (count > 1) this.#byPayer.set(payer, count - 1)
    else this.#byPayer.delete(payer)
  }

  #network(remoteAddress: string): Network {
    const name = networkOf(remoteAddress)
    return this.#networks.get(name) ?? { name, connections: 0, handshakes: 0 }
  }

  #excess({ name, connections, handshakes }: Network): keyof AdmissionLimits | null {
    if (this.#connections.full) return 'connections'
    if (this.#handshakes.full) return 'handshakes'
    if (name === '') return null
    if (this.#connections.isFullFor(connections)) return 'connectionsPerAddress'
    return this.#handshakes.isFullFor(handshakes) ? 'handshakesPerAddress' : null
  }

  #refuse(limit: keyof AdmissionLimits): Excess {
    const { runtime, onExcess } = this.#services
    const now = runtime.now()
    if (now - (this.#reported.get(limit) ?? Number.NEGATIVE_INFINITY) >= reportInterval) {
      this.#reported.set(limit, now)
      onExcess(limit)
    }
    const wait = retryAfter.least + runtime.random() * retryAfter.spread
    const status = limit === 'connections' || limit === 'handshakes' ? 503 : 429
    return { status, message: messages[limit], retryAfter: Math.ceil(wait) }
  }
}

/** Place of one connection among those of its hub, from its opening to its end. */
export class Place {
  readonly #admission: Admission
  readonly #network: Network
  #payer: string | null = null
  #state: 'handshake' | 'identified' | 'left' = 'handshake'

  constructor(admission: Admission, network: Network) {
    this.#admission = admission
    this.#network = network
  }

  /**
   * Ends the handshake: from now on the connection counts for its payer. Returns the refusal when the payer
   * has too many connections. `null` stands for the address, which pays already.
   */
  identify(payer: string | null): Excess | null {
    if (this.#state !== 'handshake') return null
    const excess = payer === null ? null : this.#admission.charge(payer)
    if (excess !== null) return excess
    this.#payer = payer
    this.#state = 'identified'
    this.#admission.endHandshake(this.#network)
    return null
  }

  /** Frees the place. Further calls have no effect. */
  leave(): void {
    if (this.#state === 'left') return
    if (this.#state === 'handshake') this.#admission.endHandshake(this.#network)
    this.#state = 'left'
    this.#admission.leave(this.#network, this.#payer)
  }
}

/** The connections of one remote address, or of one network of addresses. */
interface Network {
  /** Name of the network; empty when the address is unknown. */
  readonly name: string
  connections: number
  handshakes: number
}
