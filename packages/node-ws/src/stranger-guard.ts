import { Buffer } from 'node:buffer'

/** Listens to the bytes of a socket. */
type Reader = (this: unknown, piece: Uint8Array) => void

/** Socket that reports its inbound bytes. */
export interface InboundSocket {
  /** Number of bytes that were read so far. */
  readonly bytesRead: number
  /** Number of bytes that have arrived while the socket was paused. */
  readonly readableLength: number
  /** Number of such bytes from which on the socket is read no further. */
  readonly readableHighWaterMark: number
  /** Listens to the bytes as they are read. */
  on(event: 'data', listener: Reader): unknown
  /** Stops listening. */
  off(event: 'data', listener: Reader): unknown
  /** Returns the listeners. */
  listeners(event: 'data'): unknown[]
  /** Reads that many bytes as a single piece, and hands it to the listeners. */
  read(bytes: number): unknown
  /** Puts bytes in front of those that have arrived. */
  unshift(bytes: Uint8Array): void
}

/** Options of a {@link StrangerGuard}. */
export interface StrangerGuardOptions {
  /** Most bytes that an unfinished message may hold. */
  readonly limit: number
  /** Called once when an unfinished message holds more. */
  readonly onExcess: () => void
}

/** Bytes besides those of messages: the headers of frames, and pings. */
const overhead = 2_048
/**
 * Pieces of an unfinished message that are read as they arrive. Each costs some hundred bytes, so from then on
 * the socket is read at an interval, in milliseconds: all that has arrived is then a single piece.
 */
const pieces = { free: 32, interval: 50 }
/** Bytes that fill the buffers of all refused sockets, because Node reads no further while a buffer is full. */
const filler = new Uint8Array(65_536)

/**
 * Bounds the unfinished message of a client that the hub does not know yet: `ws` itself holds up to the
 * largest transmission that a known client may send. The guard stands between the socket and `ws`, and hands on
 * only as many bytes as the limit allows. Further bytes of a refused client are thrown away, and then no longer
 * read.
 */
export class StrangerGuard {
  readonly #socket: { pause(): void; resume(): void }
  readonly #input: InboundSocket
  readonly #options: StrangerGuardOptions
  /** Listeners that the input has had before the guard: those of `ws`. */
  #readers: readonly Reader[]
  #state: 'watching' | 'refused' | 'stopped' = 'watching'
  /** Bytes and pieces of the unfinished message. */
  #held = 0
  #pieces = 0
  /** Bytes of the messages that were completed by the read under way. */
  #completed = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param socket - Socket of `ws`, whose own listener for the input is added before.
   * @param input - Socket below.
   */
  constructor(
    socket: { pause(): void; resume(): void },
    input: InboundSocket,
    options: StrangerGuardOptions,
  ) {
    this.#socket = socket
    this.#input = input
    this.#options = options
    this.#readers = input.listeners('data') as Reader[]
    input.on('data', this.#onData)
    this.#detachReaders()
  }

  /** Called with the size of each whole message, before the guard hears of the read that completed it. */
  messageEnded(bytes: number): void {
    this.#completed += bytes
  }

  /** Ends the limit. A client that was refused stays refused. */
  stop(): void {
    if (this.#state !== 'watching') return
    this.#state = 'stopped'
    this.#attachReaders()
    this.#input.off('data', this.#onData)
    this.#flow()
  }

  /** Called when the connection has closed. */
  end(): void {
    this.#state = 'stopped'
    this.#input.off('data', this.#onData)
    clearTimeout(this.#timer)
  }

  readonly #onData = (piece: Uint8Array): void => {
    if (this.#state === 'refused') return this.#stopReading()
    this.#pieces++
    let rest = piece
    while (rest.length > 0 && this.#state === 'watching') {
      const room = this.#options.limit + overhead - this.#held
      if (room <= 0) return this.#refuse()
      const part = rest.length <= room ? rest : copyOf(rest.subarray(0, room))
      rest = rest.subarray(part.length)
      this.#handOn(part)
    }
    // The hub knows the client now: the limit has ended in the middle of the piece.
    if (rest.length > 0) for (const reader of this.#readers) reader.call(this.#input, rest)
    else if (this.#pieces > pieces.free && this.#timer === undefined) this.#wait()
  }

  /** Hands bytes to the readers, and counts the unfinished message that they leave. */
  #handOn(part: Uint8Array): void {
    // A reader that wants no more takes itself away from the input.
    this.#attachReaders()
    for (const reader of this.#readers) reader.call(this.#input, part)
    const wanted = this.#input.listeners('data')
    this.#readers = this.#readers.filter((reader) => wanted.includes(reader))
    if (this.#state !== 'stopped') this.#detachReaders()
    if (this.#completed > 0) this.#pieces = 0
    this.#held = Math.max(0, this.#held + part.length - this.#completed)
    this.#completed = 0
  }

  #refuse(): void {
    this.#state = 'refused'
    this.#flow()
    this.#options.onExcess()
  }

  #stopReading(): void {
    this.#socket.pause()
    this.#input.unshift(filler.subarray(0, this.#input.readableHighWaterMark))
  }

  #attachReaders(): void {
    this.#detachReaders()
    for (const reader of this.#readers) this.#input.on('data', reader)
  }

  #detachReaders(): void {
    for (const reader of this.#readers) this.#input.off('data', reader)
  }

  /** Lets further pieces gather, so that they are read as a single piece. */
  #wait(): void {
    this.#socket.pause()
    this.#timer = setTimeout(() => this.#poll(), pieces.interval)
  }

  /** Reads what has arrived. The socket flows again once the message is complete. */
  #poll(): void {
    // Without a number, Node 26 would read the first of the pieces only.
    this.#input.read(this.#input.readableLength)
    // The hub may have ended the limit in that call.
    if (this.#timer === undefined) return
    if (this.#pieces > pieces.free) this.#timer = setTimeout(() => this.#poll(), pieces.interval)
    else this.#flow()
  }

  #flow(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#socket.resume()
  }
}

/** Returns a copy with memory of its own: a pooled copy would hold the pool, which has 64 KiB from Node 24 on. */
function copyOf(part: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(part.length)
  copy.set(part)
  return copy
}
