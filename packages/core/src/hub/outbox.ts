import { encodeFrame } from '../protocol/encode.ts'
import { type Batch, Frame } from '../transport/batch.ts'
import type { Connection } from '../transport/connection.ts'
import type { Flusher } from './flusher.ts'

/** Several frames go down in pieces of at most this size, so that a stall can be told from a slow reader (P-LV-4). */
const pieceBytes = 64 * 1024

/**
 * What one connection is about to be sent. It holds the frames of the current turn and nothing else: what is beyond the
 * queue limit stays in the logs (P-LV-4).
 *
 * @internal
 */
export class Outbox {
  readonly #connection: Connection
  readonly #flusher: Flusher
  readonly #limit: number
  #batch: Batch
  #waiting = false
  #blocked = false
  #pong: Frame | null = null
  /** Bytes handed to the connection, ever. */
  #sent = 0
  #progress = { sent: 0, buffered: 0, since: 0 }

  constructor(connection: Connection, flusher: Flusher, limit: number) {
    this.#connection = connection
    this.#flusher = flusher
    this.#limit = limit
    this.#batch = flusher.root
  }

  /** Whether the transport waits for the peer. While it does, nothing is replayed to it. */
  get blocked(): boolean {
    return this.#blocked
  }

  /** Whether the queue limit is passed. */
  get full(): boolean {
    return this.#blocked && this.#connection.bufferedAmount + this.#batch.bytes > this.#limit
  }

  /** Bytes that were handed to the connection so far: it grows whenever the hub says something. */
  get sent(): number {
    return this.#sent
  }

  /** Writes a frame at the end of this turn. */
  push(frame: Frame): void {
    if (this.#batch.bytes + frame.bytes >= pieceBytes) this.#write()
    this.#batch = this.#batch.append(frame)
    this.#wait()
  }

  /** Answers a ping. Of several that wait for their answer only the newest is answered. */
  pong(t: number | undefined): void {
    this.#pong = new Frame(encodeFrame('pong', t))
    if (!this.#blocked) this.#wait()
  }

  flush(): void {
    this.#waiting = false
    if (this.#pong !== null && !this.#blocked) {
      this.#batch = this.#batch.append(this.#pong)
      this.#pong = null
    }
    this.#write()
  }

  /** The transport has room again. */
  drained(): void {
    this.#blocked = false
    if (this.#pong !== null) this.#wait()
  }

  /** Lets go of what was not written. */
  clear(): void {
    this.#batch = this.#flusher.root
    this.#pong = null
  }

  /** For how long the transport has had bytes to write and has taken none of them, in milliseconds. */
  stalledFor(now: number): number {
    const buffered = this.#connection.bufferedAmount
    const { sent, buffered: before, since } = this.#progress
    const taken = buffered < before + (this.#sent - sent)
    this.#progress = {
      sent: this.#sent,
      buffered,
      since: buffered === 0 || taken || since === 0 ? now : since,
    }
    return now - this.#progress.since
  }

  #wait(): void {
    if (this.#waiting) return
    this.#waiting = true
    this.#flusher.add(this)
  }

  #write(): void {
    const batch = this.#batch
    if (batch.empty) return
    this.#batch = this.#flusher.root
    this.#sent += batch.bytes
    if (!this.#connection.send(batch)) this.#blocked = true
  }
}
