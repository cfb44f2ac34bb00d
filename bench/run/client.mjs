import { connect } from 'node:net'
import { FrameReader, textFrame } from './frames.mjs'

const [continuation, text, close, ping] = [0x0, 0x1, 0x8, 0x9]

/**
 * A client of a contender. It costs the load little: it writes once a turn, and leaves the texts to the wire, which
 * counts messages and answers.
 */
export class Client {
  /** Called with the number of messages that have arrived. */
  onMessages = () => {}
  /** Called with the number of acknowledgements and answers that have arrived. */
  onAnswers = () => {}
  /** The user, and the rooms that the client joins. */
  identity
  /** The answers of the exchange, which a client that comes back needs. */
  answers = []
  #wire
  #socket
  #refs = 0
  #steps
  #opened
  #fail
  #reader = new FrameReader((first, payload) => this.#frame(first, payload))
  #upgrading = ''
  #parts = ''
  #corked = false
  /** The code and the reason of the close frame. */
  #reason = ''
  #heard = { messages: 0, answers: 0, ping: false, error: null }

  /**
   * Opens a connection, and resolves after the exchange with which the wire begins. A client that comes back gives the
   * `answers` of its exchange before. `fail` gets later errors.
   */
  static open({ wire, port, identity, answers, fail }) {
    return new Promise((resolve, reject) => {
      const resumes = answers !== undefined && wire.resumeSteps !== undefined
      const steps = resumes ? wire.resumeSteps(identity, answers) : wire.steps(identity)
      const client = new Client(wire, { identity, steps })
      client.#opened = () => resolve(client)
      client.#fail = (error) => {
        reject(error)
        fail(error)
      }
      client.#connect(port, wire.path(identity))
    })
  }

  constructor(wire, { identity, steps }) {
    this.#wire = wire
    this.identity = identity
    this.#steps = [...steps]
  }

  /** Bytes that have come over the connection. */
  get bytesRead() {
    return this.#socket.bytesRead
  }

  /** Sends a message to all members of a room. */
  say(room, data) {
    this.#send(this.#wire.say(room, this.#nextRef(), data))
  }

  /** Sends a message to a user. */
  tell(user, data) {
    this.#send(this.#wire.tell(user, this.#nextRef(), data))
  }

  /** Asks the server for an answer. */
  ask(data) {
    this.#send(this.#wire.ask(this.#nextRef(), data))
  }

  /** Closes the connection as a page does, or cuts it. Resolves when it is closed. */
  close({ cut }) {
    this.#fail = () => {}
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve()
      this.#socket.once('close', resolve)
      if (cut) this.#socket.resetAndDestroy()
      // Code 1000, with a mask of zeros.
      else this.#socket.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]))
    })
  }

  /** Refs below 10 belong to the exchange at the start. */
  #nextRef() {
    return 10 + this.#refs++
  }

  #connect(port, path) {
    this.#socket = connect({ port, host: '127.0.0.1', localAddress: this.identity.address, noDelay: true })
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () =>
      this.#fail(new Error(`the connection of ${this.identity.user} was closed${this.#reason}`)),
    )
    this.#socket.on('data', (chunk) => this.#upgrade(chunk))
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    )
  }

  #upgrade(chunk) {
    this.#upgrading += chunk.latin1Slice()
    const end = this.#upgrading.indexOf('\r\n\r\n')
    if (end < 0) return
    if (!this.#upgrading.startsWith('HTTP/1.1 101'))
      return this.#fail(new Error(`the upgrade was refused: ${this.#upgrading.slice(0, 200)}`))
    const rest = Buffer.from(this.#upgrading.slice(end + 4), 'latin1')
    this.#upgrading = ''
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', (chunk) => this.#reader.read(chunk))
    this.#beginStep()
    if (rest.length > 0) this.#reader.read(rest)
  }

  /** Sends the text of the next step of the exchange. The exchange ends when all its answers have come. */
  #beginStep() {
    const [step] = this.#steps
    if (step === undefined) return this.#opened()
    if (step.send !== null) this.#send(step.send)
  }

  #send(content) {
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(textFrame(content, { mask: true }))
  }

  #frame(first, payload) {
    const opcode = first & 0x0f
    if (opcode === ping) this.#socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]))
    if (opcode === close) {
      this.#reason = payload.length < 2 ? '' : ` with ${payload.readUInt16BE(0)} ${payload.latin1Slice(2)}`
      this.#socket.end()
    }
    if (opcode !== text && opcode !== continuation) return
    this.#parts += payload.latin1Slice()
    if (!(first & 0x80)) return
    const whole = this.#parts
    this.#parts = ''
    this.#read(whole)
  }

  #read(content) {
    if (this.#steps.length > 0 && this.#steps[0].until(content)) {
      this.#steps.shift()
      this.answers.push(content)
      return this.#beginStep()
    }
    const heard = this.#heard
    heard.messages = heard.answers = 0
    this.#wire.read(content, heard)
    if (heard.error !== null) this.#fail(new Error(`${this.identity.user} was told ${heard.error}`))
    if (heard.ping) this.#send(this.#wire.pong)
    heard.ping = false
    if (heard.messages > 0) this.onMessages(heard.messages)
    if (heard.answers > 0) this.onAnswers(heard.answers)
  }
}
