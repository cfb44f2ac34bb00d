import {
  BaseConnection,
  isWebSocketCode,
  type Transmission,
  type TransportCapabilities,
} from '@chat/core/transport'

const capabilities: TransportCapabilities = {
  name: 'browser',
  // Chromium and Firefox report the bytes that wait, but WebKit's network process takes all bytes at once and
  // counts them as written.
  backpressure: false,
  // A browser cannot stop reading.
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}

/** Number of unwritten bytes above which a sender waits. */
const highWaterMark = 64 * 1024
/**
 * Time between two checks of the unwritten bytes while a sender waits, in milliseconds: a browser has no
 * event for it.
 */
const drainInterval = 20
/** Maximum time for the hub's answer to a close, in milliseconds. Browsers wait 10 s and longer. */
const closeTimeout = 5_000

/** Type of {@link @chat/core!transport.Connection.extra | Connection.extra} in browsers. */
export interface BrowserExtra {
  /** Browser's socket. Do not send or close through it: that breaks the connection. */
  readonly socket: WebSocket
}

/** Connection over the browser's WebSocket. */
export class BrowserConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities = capabilities
  readonly #socket: WebSocket
  #received = 0
  #draining: ReturnType<typeof setTimeout> | undefined
  #closing: ReturnType<typeof setTimeout> | undefined

  /** Takes a socket in the turn in which it opens. */
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
      // Only a hub closes with such a code, not a proxy, so it counts as data of the hub.
      if (code >= 4000) this.#received++
      this.#finish(code, reason)
    }
  }

  get bufferedAmount(): number {
    // A closed socket keeps its last amount for ever.
    return this.state === 'closed' ? 0 : this.#socket.bufferedAmount
  }

  get received(): number {
    return this.#received
  }

  protected doSend(batch: Transmission): boolean {
    // A closing socket would only count these bytes.
    if (this.#socket.readyState !== WebSocket.OPEN) return true
    this.#socket.send(batch.text)
    if (this.#draining === undefined && this.#socket.bufferedAmount <= highWaterMark) return true
    this.#draining ??= setTimeout(() => this.#checkDrained(), drainInterval)
    return false
  }

  protected doClose(code: number, reason: string): void {
    this.#closing = setTimeout(() => {
      discard(this.#socket)
      this.#finish(1006, '')
    }, closeTimeout)
    // For every other code browsers throw, and leave the socket open.
    if (isWebSocketCode(code)) this.#socket.close(code, reason)
    else this.#socket.close()
  }

  protected doAbort(): void {
    discard(this.#socket)
    this.#clear()
  }

  protected doPause(): void {}

  protected doResume(): void {}

  #checkDrained(): void {
    this.#draining = undefined
    if (this.#socket.bufferedAmount <= highWaterMark) this.drained()
    else this.#draining = setTimeout(() => this.#checkDrained(), drainInterval)
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

/** Closes a socket, which a page cannot destroy, and ignores all its later events. */
export function discard(socket: WebSocket): void {
  socket.onopen = null
  socket.onmessage = null
  socket.onclose = null
  socket.close()
}
