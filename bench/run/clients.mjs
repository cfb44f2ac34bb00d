import { Client } from './client.mjs'

/** Connections that are opened at the same time. */
const atOnce = 50
/** Time after which a missing delivery is an error, in milliseconds. */
const patience = 60_000

let users = 0

/** The clients of a contender in a scenario. */
export class Clients {
  /** The options of the run. */
  options
  /** The wire of the contender. */
  wire
  #ports
  #open = []
  #failed
  #fail

  constructor({ wire, ports, options }) {
    this.wire = wire
    this.options = options
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

  /** Opens clients at a node, each a user of its own, which join the room of their number. */
  async open(count, { node = 0, room = () => null } = {}) {
    const clients = []
    const opener = async () => {
      while (clients.length < count) {
        const index = clients.push(null) - 1
        const identity = { user: `user-${++users}`, room: room(index) }
        clients[index] = await this.#openOne(node, identity)
      }
    }
    await this.within(Promise.all(Array.from({ length: atOnce }, opener)), () => 'clients could not connect')
    return clients
  }

  async #openOne(node, identity) {
    const client = await Client.open({
      wire: this.wire,
      port: this.#ports[node],
      identity,
      fail: (error) => this.#fail(error),
    })
    this.#open.push(client)
    return client
  }

  /** Closes all clients. */
  async close(options) {
    await Promise.all(this.#open.splice(0).map((client) => client.close(options)))
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
