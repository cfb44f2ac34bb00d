/** Socket that reports its inbound bytes. */
export interface InboundSocket {
  /** Number of bytes that were read so far. */
  readonly bytesRead: number
  /** Listens to the bytes as they are read. */
  on(event: 'data', listener: (piece: Uint8Array) => void): unknown
  /** Stops listening. */
  off(event: 'data', listener: (piece: Uint8Array) => void): unknown
  /** Number of bytes that have arrived while the socket was paused. */
  readonly readableLength: number
  /** Reads that many bytes as a single piece, and hands it to the listeners. */
  read(bytes: number): unknown
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

/**
 * Bounds the unfinished message of a client that the hub does not know yet: `ws` itself holds up to the
 * largest transmission that a known client may send.
 */
export class StrangerGuard {
  readonly #socket: { pause(): void; resume(): void }
  readonly #input: InboundSocket
  readonly #options: StrangerGuardOptions
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
    input.on('data', this.#onData)
  }

  /** Called with the size of each whole message, before the guard hears of the read that completed it. */
  messageEnded(bytes: number): void {
    this.#completed += bytes
  }

  /** Ends the limit. */
  stop(): void {
    this.#input.off('data', this.#onData)
    this.#flow()
  }

  readonly #onData = ({ length }: Uint8Array): void => {
    if (this.#completed > 0) this.#pieces = 0
    this.#held = Math.max(0, this.#held + length - this.#completed)
    this.#completed = 0
    this.#pieces++
    if (this.#held > this.#options.limit + overhead) {
      this.stop()
      this.#options.onExcess()
    } else if (this.#pieces > pieces.free && this.#timer === undefined) {
      this.#socket.pause()
      this.#timer = setTimeout(() => this.#poll(), pieces.interval)
    }
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
