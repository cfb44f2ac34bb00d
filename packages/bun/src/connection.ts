import {
  BaseConnection,
  isSendableCode,
  type Transmission,
  type TransportCapabilities,
} from '@chat/core/transport'
import type { BunSocket } from './bun.ts'

const capabilities: TransportCapabilities = {
  name: 'bun',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

/** Time that a peer has to read the bytes sent before a close, in milliseconds. */
const closeTimeout = 5_000

interface Close {
  readonly code: number
  readonly reason: string
}

/** A connection over a socket of `Bun.serve`. */
export class BunConnection extends BaseConnection {
  readonly #socket: BunSocket
  #blocked = false
  #received = 0
  /** Close to send when the socket has written all bytes before it. */
  #pendingClose: Close | null = null
  #closeTimer: ReturnType<typeof setTimeout> | undefined

  constructor(socket: BunSocket, protocol: string, extra: unknown) {
    super(protocol, extra)
    this.#socket = socket
  }

  get capabilities(): TransportCapabilities {
    return capabilities
  }

  get bufferedAmount(): number {
    return this.state === 'closed' ? 0 : this.#socket.getBufferedAmount()
  }

  get received(): number {
    return this.#received
  }

  /** Called by Bun with each message. */
  onMessage(message: string | Uint8Array): void {
    this.#received++
    this.receive(message)
  }

  /** Called by Bun with each ping and each pong. */
  onPing(): void {
    this.#received++
  }

  /** Called by Bun when it has written waiting bytes, all or some of them. */
  onDrain(): void {
    if (this.#socket.getBufferedAmount() > 0) return
    if (this.#pendingClose !== null) return this.#closeSocket(this.#pendingClose)
    if (!this.#blocked) return
    this.#blocked = false
    this.drained()
  }

  /** Called by Bun when the socket has closed. */
  onClose(code: number, reason: string): void {
    clearTimeout(this.#closeTimer)
    this.ended(code, reason)
  }

  protected doSend(batch: Transmission): boolean {
    // Bun frames and writes a text at once: the text, which the batch keeps, is all there is to prepare.
    const taken = this.#socket.sendText(batch.text)
    if (taken > 0) return !this.#blocked
    if (taken === 0) this.abort(new Error('unable to send: Bun dropped a message'))
    else this.#blocked = true
    return taken === 0
  }

  protected doClose(code: number, reason: string): void {
    // A paused socket would read no more, and a socket that is closed with unread input is reset.
    this.#socket.resume()
    const close = { code, reason }
    if (this.#socket.getBufferedAmount() === 0) return this.#closeSocket(close)
    // A closed socket can no longer be destroyed, so it stays open until the peer has read all bytes, or the
    // time is up.
    this.#pendingClose = close
    this.#closeTimer = setTimeout(() => this.#socket.terminate(), closeTimeout)
  }

  protected doAbort(): void {
    clearTimeout(this.#closeTimer)
    this.#socket.terminate()
  }

  protected doPause(): void {
    this.#socket.pause()
  }

  protected doResume(): void {
    this.#socket.resume()
  }

  #closeSocket({ code, reason }: Close): void {
    this.#pendingClose = null
    if (isSendableCode(code)) this.#socket.close(code, reason)
    else this.#socket.close()
  }
}
