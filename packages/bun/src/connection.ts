import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'
import type { BunSocket } from './bun.ts'

const capabilities: TransportCapabilities = {
  name: 'bun',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

/** How long a peer may take to read what was sent before a close, in milliseconds. */
const closeTimeout = 5_000

/** A connection over a socket of `Bun.serve`. */
export class BunConnection extends BaseConnection {
  readonly #socket: BunSocket
  #blocked = false
  #heard = 0
  #farewell: { readonly code: number; readonly reason: string } | null = null
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
    return this.#heard
  }

  /** Bun's word that a message has come. */
  onMessage(message: string | Uint8Array): void {
    this.#heard++
    this.receive(message)
  }

  /** Bun's word that a ping or a pong has come. */
  onLife(): void {
    this.#heard++
  }

  /** Bun's word that it has written something of what was waiting. */
  onDrain(): void {
    if (this.#socket.getBufferedAmount() > 0) return
    if (this.#farewell !== null) return this.#part(this.#farewell)
    if (!this.#blocked) return
    this.#blocked = false
    this.drained()
  }

  /** Bun's word that the socket has closed. */
  onClose(code: number, reason: string): void {
    clearTimeout(this.#closeTimer)
    this.ended(code, reason)
  }

  protected doSend(batch: Batch): boolean {
    // Bun frames and writes a text at once, so there is nothing to prepare but the text, and the batch keeps that.
    const taken = this.#socket.sendText(batch.text)
    if (taken > 0) return !this.#blocked
    if (taken === 0) this.abort(new Error('unable to send: Bun dropped a message'))
    else this.#blocked = true
    return taken === 0
  }

  protected doClose(code: number, reason: string): void {
    // Nothing would be read while paused, and a socket that is closed with unread input is reset.
    this.#socket.resume()
    const farewell = { code, reason }
    if (this.#socket.getBufferedAmount() === 0) return this.#part(farewell)
    // A socket that is closed can no longer be destroyed, so it stays open until its peer has read, or has had its time.
    this.#farewell = farewell
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

  #part({ code, reason }: { readonly code: number; readonly reason: string }): void {
    this.#farewell = null
    if (isSendable(code)) this.#socket.close(code, reason)
    else this.#socket.close()
  }
}

/** Whether a close frame may carry a code (RFC 6455 §7.4); Bun sends others all the same, and the peer fails the connection. */
function isSendable(code: number): boolean {
  if (!Number.isInteger(code) || code < 1000 || code > 4999) return false
  return code >= 3000 || (code <= 1014 && (code < 1004 || code > 1006))
}
