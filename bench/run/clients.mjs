import { Client } from './client.mjs'

/** Connections that are opened at the same time. */
const atOnce = 50
/** Time after which a missing delivery is an error, in milliseconds. */
const patience = 180_000

/** Only Linux has all of 127.0.0.0/8. */
const addresses = process.platform === 'linux'

let users = 0

/** A user with an address of its own, as users have, so that limits for each address are not met. */
function newUser() {
  const n = ++users
  return {
    user: `user-${n}`,
    address: addresses ? `127.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}` : undefined,
  }
}

/** The clients of a contender in a scenario. */
export class Clients {
  /** The options of the run. */
  options
  /** The wire of the contender. */
  wire
  /** The point of a curve; otherwise `null`. */
  point
  #ports
  #open = []
  #failed
  #fail

  constructor({ wire, ports, options, point }) {
    this.wire = wire
    this.options = options
    this.point = point
    this.#ports = ports
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.#failed.catch(() => {})
  }

  /** Number of nodes of the contender. */
  get nodes() {
    return this.#ports.length
  }

  /** A number of connections of a scenario, which is smaller in a quick run. */
  sized(count) {
    return Math.max(10, Math.round(count * this.options.size))
  }

  /** Opens clients at a node, each a user of its own, which join the rooms of their number. */
  async open(count, { node = 0, rooms = () => [] } = {}) {
    const clients = []
    const opener = async () => {
      while (clients.length < count) {
        const index = clients.push(null) - 1
        clients[index] = await this.#openOne(node, { ...newUser(), rooms: rooms(index) })
      }
    }
    await this.within(Promise.all(Array.from({ length: atOnce }, opener)), () => 'clients could not connect')
    return clients
  }

  /** Cuts all connections at once, as a network does that is lost. */
  async cut() {
    await Promise.all(this.#open.map((client) => client.close({ cut: true })))
  }

  /** Brings back clients that were cut, each with its session. Returns the new clients. */
  async resume(clients) {
    this.#open = []
    const back = clients.map((client) => this.#openOne(0, client.identity, client.answers))
    return this.within(Promise.all(back), () => 'clients could not come back')
  }

  /** Closes all clients. */
  async close() {
    await Promise.all(this.#open.splice(0).map((client) => client.close({ cut: false })))
  }

  async #openOne(node, identity, answers) {
    const client = await Client.open({
      wire: this.wire,
      port: this.#ports[node],
      identity,
      answers,
      fail: (error) => this.#fail(error),
    })
    this.#open.push(client)
    return client
  }

  /** Waits for a promise. Rejects with the first error of a client, and when the promise takes too long. */
  async within(promise, reason) {
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(reason())), patience)
    })
    try {
      return await Promise.race([promise, late, this.#failed])
    } finally {
      clearTimeout(timer)
    }
  }
}
