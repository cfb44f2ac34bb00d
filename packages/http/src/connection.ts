import { CloseCode, systemRuntime } from '@chat/core'
import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'
import { type Body, joined } from './body.ts'
import { Intake, type Posted } from './intake.ts'
import { closeTimeout, encodeClose, parseClose } from './wire.ts'

const capabilities: TransportCapabilities = {
  name: 'http',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

/** Above this many bytes that the server has not taken, the hub waits. It is also the largest piece that a server gets at once (P-LV-4). */
const highWaterMark = 64 * 1024

const utf8 = new TextEncoder()
const comment = utf8.encode(':\n\n')

/** What a connection is made of. */
export interface Opening {
  /** Names the connection to its client alone. */
  readonly id: string
  readonly protocol: string
  readonly extra: unknown
  /** The largest transmission, in bytes. */
  readonly limit: number
  /** How many bytes to write ahead, to get through what buffers. */
  readonly padding: number
  /** How long a body may take, in milliseconds. */
  readonly bodyTimeout: number
  /** Called when it is over. */
  readonly forget: (connection: HttpConnection) => void
}

/** A request with something for the hub. */
export interface Post {
  readonly seq: number
  readonly body: Body
  /** How long the body will be, in bytes, as far as that was said. */
  readonly announced: number
  /** `close` for the last one. */
  readonly event: string | undefined
}

/** The hub's end: a stream of events down, and what is posted with its id up. */
export class HttpConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities = capabilities
  readonly id: string
  /** The body of the answer. Made to be read by whatever serves it: what it does not read stays here. */
  readonly stream: ReadableStream<Uint8Array>
  readonly #intake: Intake
  readonly #limit: number
  readonly #forget: Opening['forget']
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #queue: Uint8Array[] = []
  #queued = 0
  /** Whether the reader waits for the next piece. */
  #wanted = false
  #blocked = false
  #received = 0
  /** Whether something was written since the last beat. */
  #spoke = true
  #farewell: { readonly code: number; readonly reason: string } | null = null
  #patience: (() => void) | null = null

  constructor({ id, protocol, extra, limit, padding, bodyTimeout, forget }: Opening) {
    super(protocol, extra)
    this.id = id
    this.#forget = forget
    this.#limit = limit
    this.#intake = new Intake({
      limit,
      timeout: bodyTimeout,
      heard: (bytes) => {
        this.#received += bytes
      },
    })
    // Nothing is kept ahead: a piece leaves the queue when it is asked for, so what is left tells what the peer has not taken.
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#wanted = true
          this.#feed()
        },
        cancel: () => this.#lost(),
      },
      { highWaterMark: 0 },
    )
    this.#enqueue([utf8.encode(`event: open\ndata: ${id}\n\n:${' '.repeat(padding)}\n\n`)])
  }

  get bufferedAmount(): number {
    return this.#queued
  }

  get received(): number {
    return this.#received
  }

  /** Takes a POST, and says what to answer. What no client of good faith does ends the connection (P-HT-2, P-LV-3). */
  async post({ seq, body, announced, event }: Post): Promise<Posted> {
    this.#received++
    const posted =
      announced > this.#limit ? 413 : await this.#intake.take(seq, body, (text) => this.#hear(text, event))
    if (posted === 409) this.abort(new Error('a transmission is missing'))
    if (posted === 413) this.close(CloseCode.tooLarge, 'a transmission is too large')
    return posted
  }

  /** Says something, when nothing was said since the last call: no silence is longer than two of them are apart. */
  beat(): void {
    if (this.#spoke) this.#spoke = false
    else if (this.#wanted && this.state === 'open') this.#write(comment)
  }

  protected doSend(batch: Batch): boolean {
    this.#enqueue(batch.prepared('http', events))
    this.#blocked ||= this.#queued >= highWaterMark
    return !this.#blocked
  }

  protected doClose(code: number, reason: string): void {
    this.#farewell = { code, reason }
    this.#patience = systemRuntime.timer(closeTimeout, () =>
      this.abort(new Error('the client takes nothing')),
    )
    this.#enqueue([utf8.encode(`event: close\ndata: ${encodeClose(code, reason)}\n\n`)])
  }

  protected doAbort(error: Error): void {
    const controller = this.#controller
    this.#release()
    controller?.error(error)
  }

  protected doPause(): void {
    this.#intake.pause()
  }

  protected doResume(): void {
    this.#intake.resume()
  }

  #hear(text: string, event: string | undefined): void {
    if (event !== 'close') return this.receive(text)
    const { code, reason } = parseClose(text)
    this.#end(code, reason)
  }

  #enqueue(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#queue.push(piece)
      this.#queued += piece.length
    }
    this.#feed()
  }

  /** Gives the reader what it waits for: as many pieces as fit into one. */
  #feed(): void {
    if (!this.#wanted || this.#queue.length === 0) return
    let size = 0
    let count = 0
    for (const { length } of this.#queue) {
      if (count > 0 && size + length > highWaterMark) break
      size += length
      count++
    }
    this.#queued -= size
    this.#write(joined(this.#queue.splice(0, count), size))
    if (this.#queued > 0) return
    if (this.#farewell !== null) return this.#said(this.#farewell)
    if (!this.#blocked) return
    this.#blocked = false
    this.drained()
  }

  #write(piece: Uint8Array): void {
    this.#wanted = false
    this.#spoke = true
    this.#controller?.enqueue(piece)
  }

  /** The close is on its way, and nothing comes behind it. */
  #said({ code, reason }: { readonly code: number; readonly reason: string }): void {
    queueMicrotask(() => this.#end(code, reason))
  }

  #end(code: number, reason: string): void {
    if (this.state === 'closed') return
    const controller = this.#controller
    this.#release()
    controller?.close()
    this.ended(code, reason)
  }

  /** Nobody reads the stream any more. */
  #lost(): void {
    this.#release()
    this.ended(1006, '')
  }

  #release(): void {
    this.#controller = null
    this.#patience?.()
    this.#queue = []
    this.#queued = 0
    this.#intake.end()
    this.#forget(this)
  }
}

/** A transmission as an event, in pieces that a server gets at once. A line ends a field, so each line is a field of its own. */
function events(text: string): readonly Uint8Array[] {
  const bytes = utf8.encode(`data: ${text.replaceAll('\n', '\ndata: ')}\n\n`)
  const pieces: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += highWaterMark)
    pieces.push(bytes.subarray(from, from + highWaterMark))
  return pieces
}
