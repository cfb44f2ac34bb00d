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

/** The client's end of a connection: reads a stream of events, and posts its transmissions in order. */
export class HttpClientConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities
  readonly #stream: EventStream
  readonly #post: HttpClientConnectionParts['post']
  readonly #aborter: AbortController
  #seq = 0
  /** Transmissions that the hub has not accepted yet: their number, their bytes, and the end of the last. */
  #unsent = 0
  #unsentBytes = 0
  #sent: Promise<void> = Promise.resolve()
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
    return this.#unsentBytes
  }

  get received(): number {
    return this.#stream.received
  }

  protected doSend(batch: Transmission): boolean {
    this.#enqueue(batch)
    // While a POST is under way the client waits, and joins later frames into one transmission.
    this.#blocked ||= this.#unsent > 1
    return !this.#blocked
  }

  protected doClose(code: number, reason: string): void {
    const close = { code, reason }
    this.#pendingClose = close
    this.#closeTimer = setTimeout(() => this.#finish(1006, ''), closeTimeout)
    this.#enqueue({ text: encodeClose(close), bytes: 0 }, { [header.event]: 'close' })
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
    const end = this.#pendingClose ?? { code: 1006, reason }
    this.#finish(end.code, end.reason)
  }

  /** Sends a POST when the hub has accepted the POST before it (P-HT-2). */
  #enqueue({ text, bytes }: Pick<Transmission, 'text' | 'bytes'>, more: Record<string, string> = {}): void {
    const headers = { ...more, [header.seq]: String(++this.#seq) }
    this.#unsent++
    this.#unsentBytes += bytes
    this.#sent = this.#sent.then(async () => {
      const failure = await this.#deliver(text, headers)
      if (this.state === 'closed') return
      if (failure !== null) return this.#onEnd(failure)
      this.#unsent--
      this.#unsentBytes -= bytes
      if (this.#unsent === 0) this.#onSent()
    })
  }

  /** The hub has accepted everything. */
  #onSent(): void {
    if (this.#pendingClose !== null) return this.#onEnd('')
    if (!this.#blocked) return
    this.#blocked = false
    this.drained()
  }

  /**
   * Repeats a POST until the hub has accepted it: an answer may be lost, and the hub accepts a number only
   * once. Resolves with the reason of a failure, or `null`.
   */
  async #deliver(text: string, headers: Record<string, string>): Promise<string | null> {
    for (let attempt = 1; ; attempt++) {
      if (this.state === 'closed') return null
      const response = await this.#post(text, headers).catch((error: unknown) => String(error))
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
    this.#unsentBytes = 0
    this.#aborter.abort(new Error('the connection has ended'))
  }
}

/** True if the same request may be accepted later: the server, or a proxy before it, is busy. */
const isTemporary = ({ status }: Response): boolean => status === 408 || status === 429 || status >= 500

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
