import {
  BaseConnection,
  isWebSocketCode,
  type Transmission,
  type TransportCapabilities,
} from '@chat/core/transport'
import { open, type ServerWebSocket } from './socket.ts'

/** Unwritten bytes of the platform above which the hub waits. */
const highWaterMark = 64 * 1024
/**
 * Time between two looks at the unwritten bytes while the hub waits, in milliseconds: the platform reports no
 * drain. It doubles from the first to the last.
 */
const drainInterval = { first: 1, last: 32 }
/** Time that a peer has to answer a close, in milliseconds. */
const closeTimeout = 5_000
/**
 * Most characters to hold of a paused peer, as the platform cannot stop reading. Each message costs some
 * characters more, so that empty messages are bounded too.
 */
const maxHeld = 1024 * 1024
const messageCost = 64

/** Parts of a connection over a web-standard WebSocket. */
export interface WebSocketConnectionParts {
  /** The socket. */
  readonly socket: ServerWebSocket
  /** Subprotocol that both sides agreed on; empty without a common subprotocol. */
  readonly protocol: string
  /** True if the `bufferedAmount` of the socket is true. */
  readonly backpressure: boolean
  /** See `Connection.extra`. */
  readonly extra: unknown
}

/** A connection over the server's end of a web-standard WebSocket. */
export class WebSocketConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities
  readonly #socket: ServerWebSocket
  #received = 0
  #paused = false
  #held: (string | Uint8Array)[] = []
  #heldSize = 0
  #drainTimer: ReturnType<typeof setTimeout> | undefined
  #closeTimer: ReturnType<typeof setTimeout> | undefined

  constructor({ socket, protocol, backpressure, extra }: WebSocketConnectionParts) {
    super(protocol, extra)
    this.#socket = socket
    this.capabilities = {
      name: 'web-socket',
      backpressure,
      pause: false,
      closeCodes: true,
      detectsLoss: false,
    }
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => this.#onMessage(data))
    socket.addEventListener('close', ({ code, reason }) => this.#onClose(code, reason))
    // A failed connection also reports `close`.
    socket.addEventListener('error', () => {})
  }

  get bufferedAmount(): number {
    // A closed socket keeps its last amount for ever.
    return this.state === 'closed' ? 0 : (this.#socket.bufferedAmount ?? 0)
  }

  get received(): number {
    return this.#received
  }

  protected doSend(batch: Transmission): boolean {
    // The platform frames a text itself: the text, which the batch keeps, is all there is to prepare.
    if (this.#socket.readyState !== open) return true
    try {
      this.#socket.send(batch.text)
    } catch (cause) {
      // Workers let a socket be used only where it was made. Its failure must not keep the other connections
      // of this turn from their batches.
      this.abort(new Error('unable to send: the platform refused a message', { cause }))
      return true
    }
    if (this.#drainTimer === undefined && this.bufferedAmount <= highWaterMark) return true
    if (this.#drainTimer === undefined) this.#checkDrainLater(drainInterval.first)
    return false
  }

  protected doClose(code: number, reason: string): void {
    this.#closeTimer = setTimeout(() => this.#finish(1006, ''), closeTimeout)
    this.doResume()
    this.#closeSocket(code, reason)
  }

  protected doAbort(): void {
    this.#release()
    // The web's sockets cannot be destroyed: the socket is closed, and its later events are ignored.
    this.#closeSocket(1000, '')
  }

  protected doPause(): void {
    this.#paused = true
  }

  protected doResume(): void {
    this.#paused = false
    while (!this.#paused) {
      const next = this.#held.shift()
      if (next === undefined) break
      this.#heldSize -= next.length + messageCost
      this.receive(next)
    }
  }

  #onMessage(data: unknown): void {
    // The platform reads on from an aborted peer until that answers the close.
    if (this.state === 'closed') return
    this.#received++
    const message = typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)
    if (!this.#paused) return this.receive(message)
    this.#held.push(message)
    this.#heldSize += message.length + messageCost
    if (this.#heldSize > maxHeld)
      this.abort(new Error('unable to hold more messages of a peer that writes without reading'))
  }

  #checkDrainLater(delay: number): void {
    this.#drainTimer = setTimeout(() => {
      this.#drainTimer = undefined
      if (this.bufferedAmount === 0) this.drained()
      else this.#checkDrainLater(Math.min(delay * 2, drainInterval.last))
    }, delay)
  }

  #onClose(code: number, reason: string): void {
    // Some platforms leave the answer to a close to us.
    this.#closeSocket(code, reason)
    this.doResume()
    this.#finish(code, reason)
  }

  #finish(code: number, reason: string): void {
    this.#release()
    this.ended(code, reason)
  }

  /** Platforms throw for codes that applications may not use, and some for a socket that has closed. */
  #closeSocket(code: number, reason: string): void {
    try {
      if (isWebSocketCode(code)) this.#socket.close(code, reason)
      else this.#socket.close()
    } catch {
      // The socket has closed already.
    }
  }

  #release(): void {
    clearTimeout(this.#drainTimer)
    clearTimeout(this.#closeTimer)
    this.#held = []
    this.#heldSize = 0
  }
}
