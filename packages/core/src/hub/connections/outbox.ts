import { encodeFrame } from '../../protocol/encode.ts'
import { heldCasts, pieceBytes } from '../../protocol/limits.ts'
import { LatestByKey } from '../../runtime/latest-by-key.ts'
import { type Batch, Frame } from '../../transport/batch.ts'
import type { Connection } from '../../transport/connection.ts'
import type { TurnFlusher } from './turn-flusher.ts'

/**
 * The frames that one connection is about to be sent: those of the current turn. Above the queue limit,
 * messages are left in their logs instead (P-LV-4). While the transport waits for the peer, the outbox also
 * holds the newest cast of each key.
 */
export class Outbox {
  /** Called when the transport takes no more bytes, and when it takes bytes again; `null` without an observer. */
  onQueue: ((blocked: boolean, bytes: number) => void) | null = null
  readonly #connection: Connection
  readonly #flusher: TurnFlusher
  readonly #limit: number
  #batch: Batch
  #waiting = false
  #blocked = false
  #pong: Frame | null = null
  #casts: LatestByKey<Frame> | null = null
  #sent = 0
  /** The progress of the bytes that wait, as of the last look at them; `null` while none wait. */
  #progress: { readonly sent: number; readonly buffered: number; readonly since: number } | null = null

  /** @param limit - The queue limit in bytes. */
  constructor(connection: Connection, flusher: TurnFlusher, limit: number) {
    this.#connection = connection
    this.#flusher = flusher
    this.#limit = limit
    this.#batch = flusher.root
  }

  /** True while the transport waits for the peer. No messages are replayed to the connection meanwhile. */
  get blocked(): boolean {
    return this.#blocked
  }

  /** True while more bytes wait than the queue limit allows. */
  get full(): boolean {
    return this.#blocked && this.#connection.bufferedAmount + this.#batch.bytes > this.#limit
  }

  /** Bytes that were handed to the connection so far. */
  get sent(): number {
    return this.#sent
  }

  /** Writes a frame at the end of this turn. */
  push(frame: Frame): void {
    if (this.#batch.bytes + frame.bytes >= pieceBytes) this.#write()
    this.#batch = this.#batch.append(frame)
    this.#wait()
  }

  /**
   * Writes the frame of a cast, or drops it when the queue is full. While the transport waits for the client,
   * a cast with a key (of `castKey`) is held and replaces the older cast of that key, so a slow client gets
   * the newest cast as soon as it reads again. Returns false when the cast was dropped.
   */
  pushCast(frame: Frame, key: string | null): boolean {
    if (this.#blocked && key !== null) {
      this.#casts ??= new LatestByKey(heldCasts)
      this.#casts.put(key, frame, frame.bytes)
    } else if (this.full) return false
    else this.push(frame)
    return true
  }

  /** Drops the held casts of an address, because the session no longer receives it (P-ST-10). */
  dropCasts(address: string): void {
    this.#casts?.forget(`${address}\n`)
  }

  /** Answers a ping. Of several pings that wait for their answer only the newest is answered. */
  pong(t: number | undefined): void {
    this.#pong = new Frame(encodeFrame('pong', t))
    if (!this.#blocked) this.#wait()
  }

  /** Writes the frames of this turn now. */
  flush(): void {
    this.#waiting = false
    if (this.#pong !== null && !this.#blocked) {
      this.#batch = this.#batch.append(this.#pong)
      this.#pong = null
    }
    this.#write()
  }

  /** Called when the transport has room again: writes the casts that were held. */
  drained(): void {
    if (this.#blocked) this.onQueue?.(false, this.#connection.bufferedAmount)
    this.#blocked = false
    if (this.#pong !== null) this.#wait()
    const casts = this.#casts
    this.#casts = null
    for (let frame = casts?.shift(); frame !== undefined; frame = casts?.shift()) this.push(frame)
  }

  /** Drops all frames that were not written. */
  clear(): void {
    this.#batch = this.#flusher.root
    this.#pong = null
    this.#casts = null
  }

  /**
   * Returns the time for which the transport has had bytes to write and has taken none of them, in
   * milliseconds.
   */
  stalledFor(now: number): number {
    const buffered = this.#connection.bufferedAmount
    if (buffered === 0) {
      this.#progress = null
      return 0
    }
    const before = this.#progress
    const taken = before === null || buffered < before.buffered + (this.#sent - before.sent)
    const since = taken ? now : before.since
    this.#progress = { sent: this.#sent, buffered, since }
    return now - since
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
    if (this.#connection.send(batch)) return
    if (!this.#blocked) this.onQueue?.(true, this.#connection.bufferedAmount)
    this.#blocked = true
  }
}
