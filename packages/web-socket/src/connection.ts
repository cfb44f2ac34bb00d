import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'
import { open, type ServerWebSocket } from './socket.ts'

/** Above this many bytes that the platform has not written yet, the hub waits. */
const highWaterMark = 64 * 1024
/** The platform does not say when it has written: while the hub waits it is asked, soon at first and then less and less often, in milliseconds. */
const drainInterval = { first: 1, last: 32 }
/** How long a peer has to answer a close, in milliseconds. */
const closeTimeout = 5_000
/** Reading cannot be stopped: what comes from a peer that is to be held back is held here, up to this many characters. An empty message costs something, too. */
const mostHeld = 1024 * 1024
const messageCost = 64

/** What a connection is made of. */
export interface WebLink {
  readonly socket: ServerWebSocket
  readonly protocol: string
  /** Whether `bufferedAmount` tells the truth. */
  readonly backpressure: boolean
  readonly extra: unknown
}

/** A connection over the server's end of a web-standard WebSocket. */
export class WebSocketConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities
  readonly #socket: ServerWebSocket
  #heard = 0
  #paused = false
  #held: (string | Uint8Array)[] = []
  #heldSize = 0
  #draining: ReturnType<typeof setTimeout> | undefined
  #closing: ReturnType<typeof setTimeout> | undefined

  constructor({ socket, protocol, backpressure, extra }: WebLink) {
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
    socket.addEventListener('message', ({ data }) => this.#message(data))
    socket.addEventListener('close', ({ code, reason }) => this.#closed(code, reason))
    // A failed connection closes, and `close` says the rest.
    socket.addEventListener('error', () => {})
  }

  get bufferedAmount(): number {
    // A socket that has closed keeps its last amount for ever.
    return this.state === 'closed' ? 0 : (this.#socket.bufferedAmount ?? 0)
  }

  get received(): number {
    return this.#heard
  }

  protected doSend(batch: Batch): boolean {
    // The platform frames and writes a text by itself, so there is nothing to prepare but the text, and the batch keeps that.
    if (this.#socket.readyState !== open) return true
    try {
      this.#socket.send(batch.text)
    } catch (cause) {
      // Workers let a socket be used only where it was made. One that cannot be sent to must not keep the others of this turn from theirs.
      this.abort(new Error('unable to send: the platform refused a message', { cause }))
      return true
    }
    if (this.#draining === undefined && this.bufferedAmount <= highWaterMark) return true
    if (this.#draining === undefined) this.#askLater(drainInterval.first)
    return false
  }

  protected doClose(code: number, reason: string): void {
    this.#closing = setTimeout(() => this.#finish(1006, ''), closeTimeout)
    this.doResume()
    this.#shut(code, reason)
  }

  protected doAbort(): void {
    this.#clear()
    // There is no way to destroy a socket: it is closed, and nothing of it is heard any more.
    this.#shut(1000, '')
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

  #message(data: unknown): void {
    // The platform goes on reading from a peer that was given up, until that one answers the close.
    if (this.state === 'closed') return
    this.#heard++
    const message = typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)
    if (!this.#paused) return this.receive(message)
    this.#held.push(message)
    this.#heldSize += message.length + messageCost
    if (this.#heldSize > mostHeld)
      this.abort(new Error('unable to hold more of a peer that writes without reading'))
  }

  #askLater(delay: number): void {
    this.#draining = setTimeout(() => {
      this.#draining = undefined
      if (this.bufferedAmount === 0) this.drained()
      else this.#askLater(Math.min(delay * 2, drainInterval.last))
    }, delay)
  }

  #closed(code: number, reason: string): void {
    // Some platforms leave it to us to answer a close.
    this.#shut(code, reason)
    this.doResume()
    this.#finish(code, reason)
  }

  #finish(code: number, reason: string): void {
    this.#clear()
    this.ended(code, reason)
  }

  /** Platforms throw for codes that applications may not use, and some for a socket that has closed. */
  #shut(code: number, reason: string): void {
    try {
      if (code === 1000 || (Number.isInteger(code) && code >= 3000 && code <= 4999))
        this.#socket.close(code, reason)
      else this.#socket.close()
    } catch {}
  }

  #clear(): void {
    clearTimeout(this.#draining)
    clearTimeout(this.#closing)
    this.#held = []
    this.#heldSize = 0
  }
}
