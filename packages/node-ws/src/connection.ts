import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { CloseCode } from '@chat/core'
import {
  BaseConnection,
  isSendableCode,
  type Transmission,
  type TransportCapabilities,
} from '@chat/core/transport'
import { type Fragment, fragmentsOf, payloadOf, takeFrame } from './fragments.ts'
import { limitInflated } from './inflated-limit.ts'
import { open, type WsSocket } from './socket.ts'
import { type InboundSocket, StrangerGuard } from './stranger-guard.ts'
import { onBun } from './warn-on-bun.ts'

const capabilities: TransportCapabilities = {
  name: 'node-ws',
  backpressure: !onBun,
  pause: !onBun,
  closeCodes: true,
  detectsLoss: false,
}

/**
 * Most bytes to give Node's stream at once. It writes all its bytes in one go and reports no part of them, so
 * the rest waits here.
 */
const highWaterMark = 64 * 1024
/**
 * Longest frame to write without a callback to a socket that has written everything, in bytes. The system most often
 * takes such a frame at once, and a callback would make up a tenth of its cost.
 */
const maxQuiet = 16 * 1024
/** Time that a peer has to answer a close, in milliseconds. */
export const closeTimeout = 5_000
/** The same for a peer that is no longer read, in milliseconds. */
const unreadTimeout = 1_000

/** Queue of a connection that has never had one. */
const none: Fragment[] = []

/** Parts of a connection over `ws`. */
export interface WsConnectionParts {
  /** The socket of `ws`. */
  readonly ws: WsSocket
  /**
   * The socket below, when frames may bypass the sender of `ws`: on a server, without compression. Else
   * `null`.
   */
  readonly raw: Duplex | null
  /** The socket that inbound bytes come from; `null` when they are not counted, and whole messages are. */
  readonly meter: InboundSocket | null
  /** See `Connection.extra`. */
  readonly extra: unknown
}

/** A connection over a socket of `ws`, on a server or a client. */
export class WsConnection extends BaseConnection {
  readonly #ws: WsSocket
  readonly #raw: Duplex | null
  readonly #meter: InboundSocket | null
  /** Callback of the writes; `null` before the first that has a callback. */
  #onWritten: ((error?: Error | null) => void) | null = null
  /** Number of writes whose callbacks have not run yet. */
  #pending = 0
  #queue: Fragment[] = none
  #queuedBytes = 0
  #blocked = false
  #received = 0
  #errorMessage = ''
  #closeTimer: NodeJS.Timeout | undefined
  #guard: StrangerGuard | null = null
  /** Largest message of a socket with compression, while a smaller limit holds; else `null`. */
  #largestInflated: number | null = null

  constructor({ ws, raw, meter, extra }: WsConnectionParts) {
    super(ws.protocol, extra)
    this.#ws = ws
    this.#raw = raw
    this.#meter = meter
    ws.binaryType = 'nodebuffer'
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    // A failed connection also emits `close`; without a listener the error would end the process.
    ws.on('error', ({ message }) => {
      this.#errorMessage = message
    })
    ws.on('close', (code, reason) => this.#onClose(code, reason))
    if (meter !== null) return
    ws.on('ping', () => this.#received++)
    ws.on('pong', () => this.#received++)
  }

  get capabilities(): TransportCapabilities {
    return capabilities
  }

  override limitReceive(bytes: number | null): void {
    this.#guard?.stop()
    this.#guard = null
    if (bytes !== null) this.#largestInflated = limitInflated(this.#ws, bytes)
    else if (this.#largestInflated !== null) limitInflated(this.#ws, this.#largestInflated)
    // Bun's own `ws` reports no reads.
    if (bytes === null || onBun || this.#meter === null) return
    this.#guard = new StrangerGuard(this.#ws, this.#meter, { limit: bytes, onExcess: () => this.#refuse() })
  }

  get bufferedAmount(): number {
    // A destroyed socket keeps reporting the bytes it had.
    return this.state === 'closed' ? 0 : this.#queuedBytes + this.#unwritten
  }

  get received(): number {
    return this.#meter === null ? this.#received : this.#meter.bytesRead
  }

  protected doSend(batch: Transmission): boolean {
    if (this.#ws.readyState !== open) return true
    const fragments = batch.prepared('node-ws', fragmentsOf)
    const first = fragments[0]
    if (fragments.length === 1 && first !== undefined && this.#queuedBytes === 0 && this.#fits(first))
      this.#writeAtOnce(first)
    else this.#enqueue(fragments)
    this.#blocked = this.#queuedBytes > 0 || this.#unwritten >= highWaterMark
    return !this.#blocked
  }

  protected doClose(code: number, reason: string): void {
    this.#closeTimer = setTimeout(() => this.#ws.terminate(), closeTimeout)
    this.#write(this.#queue.length)
    // A paused socket would never read the peer's answer.
    this.#ws.resume()
    // For other codes `ws` throws and leaves the socket open.
    if (isSendableCode(code)) this.#ws.close(code, reason)
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

  /** Closes the connection of a peer that is read no further. */
  #refuse(): void {
    this.close(CloseCode.tooLarge, 'a transmission is too large')
    clearTimeout(this.#closeTimer)
    this.#closeTimer = setTimeout(() => this.#ws.terminate(), unreadTimeout)
  }

  get #unwritten(): number {
    return this.#raw === null ? this.#ws.bufferedAmount : this.#raw.writableLength
  }

  /** Bytes that the socket has not written, and whose end a callback reports. */
  get #reported(): number {
    return this.#pending === 0 ? 0 : this.#unwritten
  }

  #fits({ frame }: Fragment): boolean {
    const size = this.#reported
    return size === 0 || size + frame.length <= highWaterMark
  }

  #enqueue(fragments: readonly Fragment[]): void {
    if (this.#queue === none) this.#queue = []
    for (const fragment of fragments) {
      this.#queue.push(fragment)
      this.#queuedBytes += fragment.frame.length
    }
    this.#fill()
  }

  /** Writes on after the socket took bytes, and reports the drain when no bytes wait any more. */
  #continue(): void {
    this.#fill()
    if (this.#queuedBytes > 0 || this.#unwritten >= highWaterMark) return
    this.#blocked = false
    this.drained()
  }

  /** Writes as many fragments as the socket has room for. */
  #fill(): void {
    let size = this.#reported
    let count = 0
    for (const { frame } of this.#queue) {
      if (size > 0 && size + frame.length > highWaterMark) break
      size += frame.length
      count++
    }
    this.#write(count)
  }

  /** Writes the first fragments of the queue, in one system call. */
  #write(count: number): void {
    if (count === 0 || this.#ws.readyState !== open) return
    this.#raw?.cork()
    for (const fragment of this.#queue.splice(0, count)) {
      this.#queuedBytes -= fragment.frame.length
      this.#writeFragment(fragment)
    }
    this.#raw?.uncork()
  }

  /** Writes a fragment that has not waited. Nothing waits behind a quiet one, so its end need not be reported. */
  #writeAtOnce(fragment: Fragment): void {
    if (this.#raw === null || fragment.frame.length > maxQuiet || this.#unwritten > 0)
      return this.#writeFragment(fragment)
    const frame = takeFrame(fragment)
    if (typeof frame === 'string') this.#raw.write(frame, 'latin1')
    else this.#raw.write(frame)
  }

  #writeFragment(fragment: Fragment): void {
    this.#pending++
    this.#onWritten ??= (error) => this.#written(error)
    if (this.#raw === null)
      return this.#ws.send(payloadOf(fragment), { binary: false, fin: fragment.isLast }, this.#onWritten)
    const frame = takeFrame(fragment)
    if (typeof frame === 'string') this.#raw.write(frame, 'latin1', this.#onWritten)
    else this.#raw.write(frame, this.#onWritten)
  }

  #written(error: Error | null | undefined): void {
    this.#pending--
    if (this.#blocked && !error) this.#continue()
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    this.#received++
    this.#guard?.messageEnded(data.length)
    this.receive(isBinary ? data : data.toString())
  }

  #onClose(code: number, reason: Buffer): void {
    clearTimeout(this.#closeTimer)
    this.#guard?.end()
    this.#queue = none
    this.#queuedBytes = 0
    this.ended(code, reason.length === 0 ? this.#errorMessage : reason.toString())
  }
}
