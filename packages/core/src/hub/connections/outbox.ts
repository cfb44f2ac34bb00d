import { encodeFrame } from '../../protocol/encode.ts'
import { heldCasts, pieceBytes } from '../../protocol/limits.ts'
import { LatestByKey } from '../../runtime/latest-by-key.ts'
import { type Batch, Frame } from '../../transport/batch.ts'
import type { Connection } from '../../transport/connection.ts'
import type { CastMessage } from '../delivery/log-feed.ts'
import type { TurnFlusher } from './turn-flusher.ts'

/**
 * What one connection is about to be sent. It holds the frames of the current turn; what is beyond the queue limit stays in the logs (P-LV-4). Of
 * casts with a key it also holds the newest of each while the transport waits for the peer.
 *
 * @internal
 */
export class Outbox {
  readonly #connection: Connection
  readonly #flusher: TurnFlusher
  readonly #limit: number
  #batch: Batch
  #waiting = false
  #blocked = false
  #pong: Frame | null = null
  #casts: LatestByKey<Frame> | null = null
  /** Bytes handed to the connection, ever. */
  #sent = 0
  #progress = { sent: 0, buffered: 0, since: 0 }

  constructor(connection: Connection, flusher: TurnFlusher, limit: number) {
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

  /**
   * Writes a volatile frame, or drops it. With a name ({@link castKey}) it is held instead while the transport waits for the peer, and takes the place of
   * an older one of that name: a peer that does not keep up gets what is newest, once it takes something again.
   */
  cast(frame: Frame, name: string | null): void {
    if (this.#blocked && name !== null) {
      this.#casts ??= new LatestByKey(heldCasts)
      this.#casts.put(name, frame, frame.bytes)
    } else if (!this.full) this.push(frame)
  }

  /** Lets go of the casts of an address that wait: nothing of it comes any more (P-ST-10). */
  forget(address: string): void {
    this.#casts?.forget(`${address}\n`)
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
    const casts = this.#casts
    this.#casts = null
    for (let frame = casts?.shift(); frame !== undefined; frame = casts?.shift()) this.push(frame)
  }

  /** Lets go of what was not written. */
  clear(): void {
    this.#batch = this.#flusher.root
    this.#pong = null
    this.#casts = null
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

/**
 * What casts of which only the newest matters have in common: the address, the sender, and the sender's key; `null` for a cast without one. Addresses and session
 * ids have no line feed.
 *
 * @internal
 */
export function castKey({ address, session, key }: CastMessage): string | null {
  return key === undefined ? null : `${address}\n${session ?? ''}\n${key}`
}
