import {
  BaseConnection,
  describeAnswer,
  retryAfterOf,
  type Transmission,
  type TransportCapabilities,
} from '@chat/core/transport'
import { type Close, closeTimeout, encodeClose, header, parseClose } from '../http-binding.ts'
import type { ServerEvent } from './event-parser.ts'
import type { EventStream } from './event-stream.ts'
import { readBeginning } from './read-beginning.ts'

/** Attempts to send a POST that the network lost or the server was too busy for. */
const attempts = 4
/** Wait before the second attempt, in milliseconds; each later wait is twice as long as the wait before. */
const firstWait = 100
/**
 * Longest wait that a server may ask for, in milliseconds: beyond it the connection's silence is noticed
 * anyway.
 */
const maxWait = 5_000

/** Parts of a client's connection. */
export interface HttpClientConnectionParts {
  /** Subprotocol that both sides agreed on; empty without a common subprotocol. */
  readonly protocol: string
  /** True if a stream that is not read holds the hub back. */
  readonly pause: boolean
  /** The hub's events. */
  readonly stream: EventStream
  /** Events that arrived together with the first. */
  readonly early: readonly ServerEvent[]
  /** Ends all requests. */
  readonly aborter: AbortController
  /** Sends a POST. */
  readonly post: (text: string, headers: Record<string, string>) => Promise<Response>
}

interface QueuedPost {
  readonly text: string
  readonly bytes: number
  readonly headers: Record<string, string>
}

/** The client's end of a connection: reads a stream of events, and posts its transmissions in order. */
export class HttpClientConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities
  readonly #stream: EventStream
  readonly #post: HttpClientConnectionParts['post']
  readonly #aborter: AbortController
  #queue: QueuedPost[] = []
  #queuedBytes = 0
  #seq = 0
  #posting = false
  #blocked = false
  #paused = false
  #continueReading: () => void = () => {}
  #pendingClose: Close | null = null
  #closeTimer: ReturnType<typeof setTimeout> | undefined

  constructor({ protocol, pause, stream, early, aborter, post }: HttpClientConnectionParts) {
    super(protocol, null)
    this.capabilities = { name: 'http', backpressure: true, pause, closeCodes: true, detectsLoss: false }
    this.#stream = stream
    this.#aborter = aborter
    this.#post = post
    void this.#read(early)
  }

  get bufferedAmount(): number {
    return this.#queuedBytes
  }

  get received(): number {
    return this.#stream.received
  }

  protected doSend(batch: Transmission): boolean {
    this.#enqueue({ text: batch.text, bytes: batch.bytes, headers: {} })
    // While a POST is under way the client waits, and joins later frames into one transmission.
    this.#blocked ||= this.#queue.length > 1
    return !this.#blocked
  }

  protected doClose(code: number, reason: string): void {
    const close = { code, reason }
    this.#pendingClose = close
    this.#closeTimer = setTimeout(() => this.#finish(1006, ''), closeTimeout)
    this.#enqueue({ text: encodeClose(close), bytes: 0, headers: { [header.event]: 'close' } })
  }

  protected doAbort(): void {
    this.#release()
  }

  protected doPause(): void {
    this.#paused = true
  }

  protected doResume(): void {
    this.#paused = false
    this.#continueReading()
  }

  async #read(early: readonly ServerEvent[]): Promise<void> {
    try {
      for (let events: readonly ServerEvent[] | null = early; events !== null; ) {
        while (this.#paused)
          await new Promise<void>((resolve) => {
            this.#continueReading = resolve
          })
        for (const event of events) this.#onEvent(event)
        events = await this.#stream.next()
      }
      this.#onEnd('the stream has ended')
    } catch (error) {
      this.#onEnd(error instanceof Error ? error.message : '')
    }
  }

  #onEvent({ type, data }: ServerEvent): void {
    if (type === '') return this.receive(data)
    if (type !== 'close') return
    const { code, reason } = parseClose(data)
    this.#finish(code, reason)
  }

  /**
   * Ends the connection when the stream has ended without a close event, which is how the hub confirms a
   * close.
   */
  #onEnd(reason: string): void {
    if (this.#pendingClose === null) this.#finish(1006, reason)
    else this.#finish(this.#pendingClose.code, this.#pendingClose.reason)
  }

  #enqueue(post: QueuedPost): void {
    this.#queue.push(post)
    this.#queuedBytes += post.bytes
    if (!this.#posting) void this.#postAll()
  }

  /** Sends the queue in order: each POST when the hub has accepted the POST before it (P-HT-2). */
  async #postAll(): Promise<void> {
    this.#posting = true
    for (let post = this.#queue[0]; post !== undefined; post = this.#queue[0]) {
      this.#seq++
      const failure = await this.#deliver(post)
      if (this.state === 'closed') return
      if (failure !== null) return this.#onEnd(failure)
      this.#queue.shift()
      this.#queuedBytes -= post.bytes
    }
    this.#posting = false
    if (this.#pendingClose !== null) return this.#onEnd('')
    if (!this.#blocked) return
    this.#blocked = false
    this.drained()
  }

  /**
   * Repeats a POST until the hub has accepted it: an answer may be lost, and the hub accepts a number only
   * once. Resolves with the reason of a failure, or `null`.
   */
  async #deliver({ text, headers }: QueuedPost): Promise<string | null> {
    const numbered = { ...headers, [header.seq]: String(this.#seq) }
    for (let attempt = 1; ; attempt++) {
      const response = await this.#post(text, numbered).catch((error: unknown) => String(error))
      if (this.state === 'closed') return null
      const isAnswer = typeof response !== 'string'
      if (isAnswer && response.status === 204) return null
      const failure = isAnswer
        ? describeAnswer({ status: response.status, text: await readBeginning(response) })
        : response
      if (attempt === attempts || (isAnswer && !isTemporary(response))) return failure
      const asked = isAnswer ? retryAfterOf(response.headers.get('retry-after')) : 0
      await sleep(Math.min(Math.max(asked, firstWait * 2 ** (attempt - 1)), maxWait))
    }
  }

  #finish(code: number, reason: string): void {
    this.#release()
    this.ended(code, reason)
  }

  #release(): void {
    clearTimeout(this.#closeTimer)
    this.#queue = []
    this.#queuedBytes = 0
    this.#aborter.abort(new Error('the connection has ended'))
  }
}

/** True if the same request may be accepted later: the server, or a proxy before it, is busy. */
const isTemporary = ({ status }: Response): boolean => status === 408 || status === 429 || status >= 500

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
