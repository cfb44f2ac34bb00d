import { WebSocket } from 'ws'

/** Time after which a missing delivery is an error, in milliseconds. */
const patience = 20_000

/**
 * The clients of one room: a sender at the first node, and receivers at each node. Counts what arrives, and
 * resolves when everything has arrived.
 */
export class Room {
  #wire
  #name
  #sender
  #sockets = []
  #receivers = 0
  #received = 0
  #wanted = 0
  #arrived = null
  #error = null
  #sent = 0

  /**
   * Connects the clients of a room. `place` is the number of receivers at each node.
   */
  static async connect({ wire, ports, name, place }) {
    const room = new Room(wire, name)
    room.#sender = await room.#open(ports[0], false)
    for (const [node, count] of place.entries())
      for (let from = 0; from < count; from += 50)
        await Promise.all(
          Array.from({ length: Math.min(50, count - from) }, () => room.#open(ports[node], true)),
        )
    room.#receivers = place.reduce((sum, count) => sum + count, 0)
    return room
  }

  constructor(wire, name) {
    this.#wire = wire
    this.#name = name
  }

  /** Number of clients that receive each message. */
  get receivers() {
    return this.#receivers
  }

  /** Sends messages in one turn, and resolves when every receiver has received each of them. */
  send(count) {
    if (this.#error !== null) throw this.#error
    if (this.#received !== this.#wanted)
      throw new Error(`${this.#received - this.#wanted} deliveries too many in '${this.#name}'`)
    this.#wanted += count * this.#receivers
    const arrived = new Promise((resolve, reject) => {
      this.#arrived = { resolve, reject }
    })
    for (let i = 0; i < count; i++)
      this.#sender.send(this.#wire.say(this.#name, ++this.#sent, payload(this.#sent)))
    return within(arrived, () => `${this.#wanted - this.#received} deliveries are missing in '${this.#name}'`)
  }

  #open(port, receives) {
    const { path, hello, isReady, isPing, pong, count, isError } = this.#wire
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path(this.#name, receives)}`, {
      perMessageDeflate: false,
    })
    this.#sockets.push(socket)
    const opened = new Promise((resolve, reject) => {
      socket.on('error', (error) => this.#fail(error, reject))
      socket.on('close', (code) => this.#fail(new Error(`a client was closed with ${code}`), reject))
      socket.on('open', () => {
        const text = hello(this.#name, receives)
        if (text !== null) socket.send(text)
      })
      socket.on('message', (data) => {
        const text = data.toString('latin1')
        // A transmission of the hub may hold a ping and messages.
        if (isPing(text)) socket.send(pong)
        if (isError(text)) this.#fail(new Error(`a client was told ${text}`), reject)
        else if (isReady(text)) resolve(socket)
        else if (receives) this.#receive(count(text))
      })
    })
    return within(opened, () => `a client of '${this.#name}' could not connect`)
  }

  #receive(count) {
    this.#received += count
    if (this.#received < this.#wanted || this.#arrived === null) return
    const { resolve } = this.#arrived
    this.#arrived = null
    resolve()
  }

  #fail(error, reject) {
    this.#error ??= error
    reject(error)
    this.#arrived?.reject(error)
  }
}

const padding = '.'.repeat(200)

/** A payload whose JSON has 128 bytes. */
function payload(n) {
  const start = `{"n":${n},"text":"`
  return `${start}${padding.slice(0, 128 - start.length - 2)}"}`
}

async function within(promise, reason) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(reason())), patience)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
