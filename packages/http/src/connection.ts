import { CloseCode, systemRuntime } from '@chat/core'
import { BaseConnection, type Transmission, type TransportCapabilities } from '@chat/core/transport'
import { type Body, joined } from './body.ts'
import { type Close, closeTimeout, encodeClose, parseClose } from './http-binding.ts'
import { PostReader, type PostReaderOptions, type PostStatus } from './post-reader.ts'

const capabilities: TransportCapabilities = {
  name: 'http',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

/**
 * Bytes that the server has not taken, above which the hub waits. It is also the largest chunk that a server
 * gets at once (P-LV-4).
 */
const highWaterMark = 64 * 1024

const utf8 = new TextEncoder()
const comment = utf8.encode(':\n\n')

/** Parts of a connection. */
export interface HttpConnectionParts {
  /** Identifies the connection; only its client knows it. */
  readonly id: string
  /** Subprotocol that both sides agreed on; empty without a common subprotocol. */
  readonly protocol: string
  /** See `Connection.extra`. */
  readonly extra: unknown
  /** Largest transmission, in bytes. */
  readonly limit: number
  /** Bytes to write before the first event, for proxies that buffer. */
  readonly padding: number
  /** Longest time that a body may take, in milliseconds. */
  readonly bodyTimeout: number
  /** Called when the connection has ended. */
  readonly onEnd: (connection: HttpConnection) => void
}

/** A POST with a transmission for the hub. */
export interface Post {
  /** Number of the POST, from 1. */
  readonly seq: number
  /** Body of the request. */
  readonly body: Body
  /** Length of the body in bytes, as its headers announce it; 0 when they do not. */
  readonly announced: number
  /** `close` on the last POST. */
  readonly event: string | undefined
}

/** The hub's end of a connection: a stream of events down, and POSTs with its id up. */
export class HttpConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities = capabilities
  readonly id: string
  /** Body of the answer. The server pulls it: chunks that the server does not read stay here. */
  readonly stream: ReadableStream<Uint8Array>
  readonly #posts: PostReader
  readonly #largest: number
  readonly #reading: PostReaderOptions
  readonly #onEnd: HttpConnectionParts['onEnd']
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** True if the reader of the stream waits for a chunk. */
  #pulled = false
  #blocked = false
  #received = 0
  /** True if the stream wrote a chunk since the last heartbeat. */
  #wroteSinceBeat = true
  #pendingClose: Close | null = null
  #undoCloseTimer: (() => void) | null = null

  constructor({ id, protocol, extra, limit, padding, bodyTimeout, onEnd }: HttpConnectionParts) {
    super(protocol, extra)
    this.id = id
    this.#onEnd = onEnd
    this.#largest = limit
    this.#reading = {
      limit,
      timeout: bodyTimeout,
      onChunk: (bytes) => {
        this.#received += bytes
      },
    }
    this.#posts = new PostReader(this.#reading)
    this.stream = this.#makeStream()
    this.#enqueue([utf8.encode(`event: open\ndata: ${id}\n\n:${' '.repeat(padding)}\n\n`)])
  }

  get bufferedAmount(): number {
    return this.#queuedBytes
  }

  override limitReceive(bytes: number | null): void {
    this.#reading.limit = bytes ?? this.#largest
  }

  get received(): number {
    return this.#received
  }

  /**
   * Reads a POST and resolves with the status to answer. A POST that no well-behaved client sends ends the
   * connection (P-HT-2, P-LV-3).
   */
  async readPost({ seq, body, announced, event }: Post): Promise<PostStatus> {
    this.#received++
    const status =
      announced > this.#reading.limit
        ? 413
        : await this.#posts.readPost(seq, body, (text) => this.#onText(text, event))
    if (status === 409) this.abort(new Error('a transmission is missing'))
    if (status === 413) this.close(CloseCode.tooLarge, 'a transmission is too large')
    return status
  }

  /**
   * Writes a comment when the stream wrote no chunk since the last call: no silence is longer than two calls
   * are apart.
   */
  beat(): void {
    if (this.#wroteSinceBeat) this.#wroteSinceBeat = false
    else if (this.#pulled && this.state === 'open') this.#write(comment)
  }

  protected doSend(batch: Transmission): boolean {
    this.#enqueue(batch.prepared('http', eventChunks))
    this.#blocked ||= this.#queuedBytes >= highWaterMark
    return !this.#blocked
  }

  protected doClose(code: number, reason: string): void {
    const close = { code, reason }
    this.#pendingClose = close
    this.#undoCloseTimer = systemRuntime.timer(closeTimeout, () =>
      this.abort(new Error('the client does not read')),
    )
    this.#enqueue([utf8.encode(`event: close\ndata: ${encodeClose(close)}\n\n`)])
  }

  protected doAbort(error: Error): void {
    const controller = this.#controller
    this.#release()
    controller?.error(error)
  }

  protected doPause(): void {
    this.#posts.pause()
  }

  protected doResume(): void {
    this.#posts.resume()
  }

  /**
   * The stream buffers no chunks: a chunk leaves the queue when the reader pulls, so the queue tells how much
   * the peer has not taken.
   */
  #makeStream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#pulled = true
          this.#feed()
        },
        cancel: () => this.#onCancel(),
      },
      { highWaterMark: 0 },
    )
  }

  #onText(text: string, event: string | undefined): void {
    if (event === 'close') this.#end(parseClose(text))
    else this.receive(text)
  }

  #enqueue(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#queue.push(chunk)
      this.#queuedBytes += chunk.length
    }
    this.#feed()
  }

  /** Gives a waiting reader the next chunks, joined up to the largest size. */
  #feed(): void {
    if (!this.#pulled || this.#queue.length === 0) return
    let size = 0
    let count = 0
    for (const { length } of this.#queue) {
      if (count > 0 && size + length > highWaterMark) break
      size += length
      count++
    }
    this.#queuedBytes -= size
    this.#write(joined(this.#queue.splice(0, count), size))
    if (this.#queuedBytes > 0) return
    if (this.#pendingClose !== null) return this.#endSoon(this.#pendingClose)
    if (!this.#blocked) return
    this.#blocked = false
    this.drained()
  }

  #write(chunk: Uint8Array): void {
    this.#pulled = false
    this.#wroteSinceBeat = true
    this.#controller?.enqueue(chunk)
  }

  /** Ends the connection in a microtask, after its close event was written. */
  #endSoon(close: Close): void {
    queueMicrotask(() => this.#end(close))
  }

  #end({ code, reason }: Close): void {
    if (this.state === 'closed') return
    const controller = this.#controller
    this.#release()
    controller?.close()
    this.ended(code, reason)
  }

  /** Called when the server has given up the stream: the client is gone. */
  #onCancel(): void {
    this.#release()
    this.ended(1006, '')
  }

  #release(): void {
    this.#controller = null
    this.#undoCloseTimer?.()
    this.#queue = []
    this.#queuedBytes = 0
    this.#posts.end()
    this.#onEnd(this)
  }
}

/**
 * Encodes a transmission as an event, in chunks that a server gets at once. A line break ends a field, so
 * each line is a field of its own.
 */
function eventChunks(text: string): readonly Uint8Array[] {
  const bytes = utf8.encode(`data: ${text.replaceAll('\n', '\ndata: ')}\n\n`)
  const chunks: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += highWaterMark)
    chunks.push(bytes.subarray(from, from + highWaterMark))
  return chunks
}
