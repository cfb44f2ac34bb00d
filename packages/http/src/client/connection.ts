import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'
import { closeTimeout, encodeClose, header, parseClose } from '../wire.ts'
import type { ServerEvent } from './event-parser.ts'
import type { EventStream } from './event-stream.ts'
import { firstWords } from './first-words.ts'

/** How often a POST is tried that the network has lost or the server has no time for, and the first wait in milliseconds; each is twice the one before. */
const attempts = 4
const firstWait = 100
/** However long a server asks to wait, in milliseconds: silence tells the rest. */
const longestWait = 5_000

/** What a connection is made of. */
export interface HttpLink {
  readonly protocol: string
  /** Whether a stream that is not read holds the hub back. */
  readonly pause: boolean
  readonly stream: EventStream
  /** Events that came with the first. */
  readonly early: readonly ServerEvent[]
  /** Ends all requests. */
  readonly aborter: AbortController
  readonly post: (text: string, headers: Record<string, string>) => Promise<Response>
}

interface Post {
  readonly text: string
  readonly bytes: number
  readonly headers: Record<string, string>
}

/** The client's end: reads a stream of events, and posts one transmission after the other. */
export class HttpClientConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities
  readonly #stream: EventStream
  readonly #post: HttpLink['post']
  readonly #aborter: AbortController
  #queue: Post[] = []
  #queued = 0
  #seq = 0
  #posting = false
  #blocked = false
  #paused = false
  #resumed: () => void = () => {}
  #farewell: { readonly code: number; readonly reason: string } | null = null
  #patience: ReturnType<typeof setTimeout> | undefined

  constructor({ protocol, pause, stream, early, aborter, post }: HttpLink) {
    super(protocol, null)
    this.capabilities = { name: 'http', backpressure: true, pause, closeCodes: true, detectsLoss: false }
    this.#stream = stream
    this.#aborter = aborter
    this.#post = post
    void this.#read(early)
  }

  get bufferedAmount(): number {
    return this.#queued
  }

  get received(): number {
    return this.#stream.received
  }

  protected doSend(batch: Batch): boolean {
    this.#enqueue({ text: batch.text, bytes: batch.bytes, headers: {} })
    // While one is under way the others wait: what would follow goes into one transmission instead.
    this.#blocked ||= this.#queue.length > 1
    return !this.#blocked
  }

  protected doClose(code: number, reason: string): void {
    this.#farewell = { code, reason }
    this.#patience = setTimeout(() => this.#finish(1006, ''), closeTimeout)
    this.#enqueue({ text: encodeClose(code, reason), bytes: 0, headers: { [header.event]: 'close' } })
  }

  protected doAbort(): void {
    this.#release()
  }

  protected doPause(): void {
    this.#paused = true
  }

  protected doResume(): void {
    this.#paused = false
    this.#resumed()
  }

  async #read(early: readonly ServerEvent[]): Promise<void> {
    try {
      for (let events: readonly ServerEvent[] | null = early; events !== null; ) {
        while (this.#paused)
          await new Promise<void>((resolve) => {
            this.#resumed = resolve
          })
        for (const event of events) this.#hear(event)
        events = await this.#stream.next()
      }
      this.#over('the stream has ended')
    } catch (error) {
      this.#over(error instanceof Error ? error.message : '')
    }
  }

  #hear({ type, data }: ServerEvent): void {
    if (type === '') return this.receive(data)
    if (type !== 'close') return
    const { code, reason } = parseClose(data)
    this.#finish(code, reason)
  }

  /** The stream has ended without a word, which is how the hub agrees to a close. */
  #over(reason: string): void {
    if (this.#farewell === null) this.#finish(1006, reason)
    else this.#finish(this.#farewell.code, this.#farewell.reason)
  }

  #enqueue(post: Post): void {
    this.#queue.push(post)
    this.#queued += post.bytes
    if (!this.#posting) void this.#pump()
  }

  /** One after the other: the next when the hub has taken the one before (P-HT-2). */
  async #pump(): Promise<void> {
    this.#posting = true
    for (let post = this.#queue[0]; post !== undefined; post = this.#queue[0]) {
      this.#seq++
      const failure = await this.#deliver(post)
      if (this.state === 'closed') return
      if (failure !== null) return this.#over(failure)
      this.#queue.shift()
      this.#queued -= post.bytes
    }
    this.#posting = false
    if (this.#farewell !== null) return this.#over('')
    if (!this.#blocked) return
    this.#blocked = false
    this.drained()
  }

  /** Posts until the hub has taken it: an answer may be lost, and the same number is never taken twice. Answers why not. */
  async #deliver({ text, headers }: Post): Promise<string | null> {
    const numbered = { ...headers, [header.seq]: String(this.#seq) }
    for (let attempt = 1; ; attempt++) {
      const response = await this.#post(text, numbered).catch((error: unknown) => String(error))
      if (this.state === 'closed') return null
      if (typeof response !== 'string' && response.status === 204) return null
      const failure = typeof response === 'string' ? response : await firstWords(response)
      if (attempt === attempts || (typeof response !== 'string' && !mayPass(response))) return failure
      const announced = typeof response === 'string' ? 0 : Number(response.headers.get('retry-after')) * 1_000
      await sleep(Math.min(Math.max(announced || 0, firstWait * 2 ** (attempt - 1)), longestWait))
    }
  }

  #finish(code: number, reason: string): void {
    this.#release()
    this.ended(code, reason)
  }

  #release(): void {
    clearTimeout(this.#patience)
    this.#queue = []
    this.#queued = 0
    this.#aborter.abort(new Error('the connection has ended'))
    this.#stream.cancel()
  }
}

/** Whether the same request may be taken later: the server is busy, or something between was. */
const mayPass = ({ status }: Response): boolean => status === 408 || status === 429 || status >= 500

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
