import { payload } from './payload.mjs'

/**
 * The clients of one room: a sender at the first node, and receivers at each node. Counts what arrives, and
 * resolves when everything has arrived.
 */
export class Room {
  #clients
  #name
  #sender
  #receivers
  #answers
  #left = 0
  #sent = 0
  #arrived = null
  /** Connects the clients of a room. `place` is the number of receivers at each node. */
  static async connect(clients, { name, place }) {
    const [sender] = await clients.open(1)
    const receivers = []
    for (const [node, count] of place.entries())
      receivers.push(...(await clients.open(count, { node, rooms: () => [name] })))
    return new Room(clients, { name, sender, receivers })
  }

  constructor(clients, { name, sender, receivers }) {
    this.#clients = clients
    this.#name = name
    this.#sender = sender
    this.#answers = clients.wire.acknowledges ? 1 : 0
    this.#receivers = receivers
    for (const receiver of receivers) receiver.onMessages = (count) => this.#heard(count)
    sender.onAnswers = (count) => this.#heard(count)
  }

  /** Bytes that have come to the receivers. */
  get bytesRead() {
    return this.#receivers.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
  }

  /** Number of clients that receive each message. */
  get receivers() {
    return this.#receivers.length
  }

  /** Sends messages in one turn. Resolves when every receiver has each of them, and each is acknowledged. */
  send(count) {
    this.#left += count * (this.receivers + this.#answers)
    const arrived = new Promise((resolve) => {
      this.#arrived = resolve
    })
    for (let i = 0; i < count; i++) this.#sender.say(this.#name, payload(++this.#sent))
    return this.#clients.within(arrived, () => `${this.#left} deliveries are missing in '${this.#name}'`)
  }

  #heard(count) {
    this.#left -= count
    if (this.#left < 0) throw new Error(`${-this.#left} deliveries too many in '${this.#name}'`)
    if (this.#left === 0) this.#arrived()
  }
}
