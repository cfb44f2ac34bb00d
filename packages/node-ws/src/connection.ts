import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'
import { onBun } from './bun.ts'
import { type Piece, pieces } from './pieces.ts'
import { open, type WsSocket } from './socket.ts'

const capabilities: TransportCapabilities = {
  name: 'node-ws',
  backpressure: !onBun,
  pause: !onBun,
  closeCodes: true,
  detectsLoss: false,
}

/** What is given to Node's stream at once. It hands on all it has in one go and tells of no part of it, so the rest waits here. */
const highWaterMark = 64 * 1024
/** How long a peer has to answer a close, in milliseconds. */
export const closeTimeout = 5_000

/** What a connection is made of. */
export interface WsLink {
  readonly ws: WsSocket
  /** The socket below, when frames may be written to it past `ws`: on a server, without compression. Else `null`. */
  readonly raw: Duplex | null
  /** Counts inbound bytes; `null` when nobody knows them, and whole messages are counted. */
  readonly meter: { readonly bytesRead: number } | null
  /** See `Connection.extra`. */
  readonly extra: unknown
}

/** A connection over a socket of `ws`, of either side. */
export class WsConnection extends BaseConnection {
  readonly #ws: WsSocket
  readonly #raw: Duplex | null
  readonly #meter: { readonly bytesRead: number } | null
  readonly #written: (error?: Error | null) => void
  #queue: Piece[] = []
  #queued = 0
  #blocked = false
  #heard = 0
  #failure = ''
  #closeTimer: NodeJS.Timeout | undefined

  constructor({ ws, raw, meter, extra }: WsLink) {
    super(ws.protocol, extra)
    this.#ws = ws
    this.#raw = raw
    this.#meter = meter
    this.#written = (error) => {
      if (this.#blocked && !error) this.#proceed()
    }
    ws.binaryType = 'nodebuffer'
    ws.on('message', (data, isBinary) => this.#message(data, isBinary))
    // A failed connection closes, and `close` says the rest; without a listener the process would end.
    ws.on('error', ({ message }) => {
      this.#failure = message
    })
    ws.on('close', (code, reason) => this.#closed(code, reason))
    if (meter !== null) return
    ws.on('ping', () => this.#heard++)
    ws.on('pong', () => this.#heard++)
  }

  get capabilities(): TransportCapabilities {
    return capabilities
  }

  get bufferedAmount(): number {
    // A socket that was destroyed keeps what it had.
    return this.state === 'closed' ? 0 : this.#queued + this.#unwritten
  }

  get received(): number {
    return this.#meter === null ? this.#heard : this.#meter.bytesRead
  }

  protected doSend(batch: Batch): boolean {
    if (this.#ws.readyState !== open) return true
    const parts = batch.prepared('node-ws', pieces)
    const piece = parts[0]
    if (parts.length === 1 && piece !== undefined && this.#queued === 0 && this.#fits(piece)) this.#put(piece)
    else this.#enqueue(parts)
    this.#blocked = this.#queued > 0 || this.#unwritten >= highWaterMark
    return !this.#blocked
  }

  protected doClose(code: number, reason: string): void {
    this.#closeTimer = setTimeout(() => this.#ws.terminate(), closeTimeout)
    this.#write(this.#queue.length)
    // Nothing is read while paused, so the peer's answer would never be seen.
    this.#ws.resume()
    if (isSendable(code)) this.#ws.close(code, reason)
    else this.#ws.close()
  }

  protected doAbort(): void {
    this.#ws.terminate()
  }

  protected doPause(): void {
    this.#ws.pause()
  }

  protected doResume(): void {
    this.#ws.resume()
  }

  get #unwritten(): number {
    return this.#raw === null ? this.#ws.bufferedAmount : this.#raw.writableLength
  }

  #fits({ frame }: Piece): boolean {
    const unwritten = this.#unwritten
    return unwritten === 0 || unwritten + frame.length <= highWaterMark
  }

  #enqueue(parts: readonly Piece[]): void {
    for (const piece of parts) {
      this.#queue.push(piece)
      this.#queued += piece.frame.length
    }
    this.#fill()
  }

  /** The socket took something: it gets more, and the hub is told when nothing waits any more. */
  #proceed(): void {
    this.#fill()
    if (this.#queued > 0 || this.#unwritten >= highWaterMark) return
    this.#blocked = false
    this.drained()
  }

  /** Gives the socket what it has room for. */
  #fill(): void {
    let size = this.#unwritten
    let count = 0
    for (const { frame } of this.#queue) {
      if (size > 0 && size + frame.length > highWaterMark) break
      size += frame.length
      count++
    }
    this.#write(count)
  }

  /** Writes the first pieces of the queue, in one system call. */
  #write(count: number): void {
    if (count === 0 || this.#ws.readyState !== open) return
    this.#raw?.cork()
    for (const piece of this.#queue.splice(0, count)) {
      this.#queued -= piece.frame.length
      this.#put(piece)
    }
    this.#raw?.uncork()
  }

  #put({ frame, head, last }: Piece): void {
    if (this.#raw !== null) this.#raw.write(frame, this.#written)
    else this.#ws.send(frame.subarray(head), { binary: false, fin: last }, this.#written)
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.#heard++
    this.receive(isBinary ? data : data.toString())
  }

  #closed(code: number, reason: Buffer): void {
    clearTimeout(this.#closeTimer)
    this.#queue = []
    this.#queued = 0
    this.ended(code, reason.length === 0 ? this.#failure : reason.toString())
  }
}

/** Whether a close frame may carry a code (RFC 6455 §7.4); `ws` throws for others and leaves the socket open. */
function isSendable(code: number): boolean {
  if (!Number.isInteger(code) || code < 1000 || code > 4999) return false
  return code >= 3000 || (code <= 1014 && (code < 1004 || code > 1006))
}
