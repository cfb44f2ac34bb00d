import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'

const capabilities: TransportCapabilities = {
  name: 'browser',
  // Chromium and Firefox tell the truth, but WebKit's network process takes everything at once and counts it as written.
  backpressure: false,
  // A browser reads whatever comes.
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}

/** Above this many bytes that the browser has not written yet, a sender waits. */
const highWaterMark = 64 * 1024
/** A browser does not say when it has written: while a sender waits it is asked this often, in milliseconds. */
const drainInterval = 20
/** How long the hub has to answer a close, in milliseconds. Browsers wait 10 s and longer. */
const closeTimeout = 5_000

/** What {@link @chat/core!transport.Connection.extra | Connection.extra} is in browsers. */
export interface BrowserExtra {
  /** The browser's socket. Sending or closing past the client breaks the connection. */
  readonly socket: WebSocket
}

/** A connection over the browser's WebSocket. */
export class BrowserConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities = capabilities
  readonly #socket: WebSocket
  #received = 0
  #draining: ReturnType<typeof setTimeout> | undefined
  #closing: ReturnType<typeof setTimeout> | undefined

  /** Takes a socket in the turn in which it has opened. */
  constructor(socket: WebSocket) {
    const extra: BrowserExtra = { socket }
    super(socket.protocol, extra)
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => {
      this.#received++
      this.receive(typeof data === 'string' ? data : new Uint8Array(data))
    }
    socket.onclose = ({ code, reason }) => {
      // Such a code is the hub's: what stands between has none.
      if (code >= 4000) this.#received++
      this.#finish(code, reason)
    }
  }

  get bufferedAmount(): number {
    // A socket that has closed keeps its last amount for ever.
    return this.state === 'closed' ? 0 : this.#socket.bufferedAmount
  }

  get received(): number {
    return this.#received
  }

  protected doSend(batch: Batch): boolean {
    // Once the browser closes it only counts what it is given.
    if (this.#socket.readyState !== WebSocket.OPEN) return true
    this.#socket.send(batch.text)
    if (this.#draining === undefined && this.#socket.bufferedAmount <= highWaterMark) return true
    this.#draining ??= setTimeout(() => this.#askDrained(), drainInterval)
    return false
  }

  protected doClose(code: number, reason: string): void {
    this.#closing = setTimeout(() => {
      discard(this.#socket)
      this.#finish(1006, '')
    }, closeTimeout)
    // Browsers throw for every other code, and leave the socket open.
    if (code === 1000 || (code >= 3000 && code <= 4999)) this.#socket.close(code, reason)
    else this.#socket.close()
  }

  protected doAbort(): void {
    discard(this.#socket)
    this.#clear()
  }

  protected doPause(): void {}

  protected doResume(): void {}

  #askDrained(): void {
    this.#draining = undefined
    if (this.#socket.bufferedAmount <= highWaterMark) this.drained()
    else this.#draining = setTimeout(() => this.#askDrained(), drainInterval)
  }

  #finish(code: number, reason: string): void {
    this.#clear()
    this.ended(code, reason)
  }

  #clear(): void {
    clearTimeout(this.#draining)
    clearTimeout(this.#closing)
  }
}

/** Lets go of a socket, which a page cannot destroy: nothing that it does is heard any more. */
export function discard(socket: WebSocket): void {
  socket.onopen = null
  socket.onmessage = null
  socket.onclose = null
  socket.close()
}
