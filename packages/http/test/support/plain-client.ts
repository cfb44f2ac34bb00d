import { onTestFinished } from 'vitest'
import type { ServerEvent } from '../../src/client/event-parser.ts'
import { EventStream } from '../../src/client/event-stream.ts'

type Fetch = (request: Request) => Promise<Response | undefined>

const url = 'http://chat.example/chat'

/** An open stream, and POSTs for it, by means of plain HTTP. */
export class PlainClient {
  readonly response: Response
  id = ''
  readonly #fetch: Fetch
  readonly #stream: EventStream
  readonly #events: ServerEvent[] = []
  readonly #aborter = new AbortController()
  #seq = 0

  private constructor(fetch: Fetch, response: Response) {
    this.#fetch = fetch
    this.response = response
    if (response.body === null) throw new Error(`there is no stream: ${response.status}`)
    this.#stream = new EventStream(response.body, this.#aborter.signal)
    onTestFinished(() => this.#aborter.abort())
  }

  static async open(fetch: Fetch, headers: Record<string, string> = {}): Promise<PlainClient> {
    const response = await fetch(get(headers))
    if (response === undefined) throw new Error('the request is not for the hub')
    const client = new PlainClient(fetch, response)
    const { type, data } = await client.next()
    if (type !== 'open') throw new Error(`the first event is ${type}`)
    client.id = data
    return client
  }

  /** Resolves with the next event. */
  async next(): Promise<ServerEvent> {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) return event
      const more = await this.#stream.next()
      if (more === null) throw new Error('the stream has ended')
      this.#events.push(...more)
    }
  }

  /** Resolves when the stream has ended, in any way. */
  async ended(): Promise<void> {
    for (;;) if ((await this.#stream.next().catch(() => null)) === null) return
  }

  /** Number of received bytes. */
  get received(): number {
    return this.#stream.received
  }

  /** Waits for the next bytes. */
  async hears(): Promise<void> {
    this.#events.push(...((await this.#stream.next()) ?? []))
  }

  /** Posts with the next number, and resolves with the status of the answer. */
  async post(body: BodyInit, headers: Record<string, string> = {}): Promise<number> {
    return (await this.answer(body, { 'chat-seq': String(++this.#seq), ...headers })).status
  }

  async answer(body: BodyInit, headers: Record<string, string>): Promise<Response> {
    const response = await this.#fetch(post(body, { 'chat-connection': this.id, ...headers }))
    if (response === undefined) throw new Error('the request is not for the hub')
    return response
  }

  leave(): void {
    this.#aborter.abort()
  }
}

/** Returns a request for a stream. */
export function get(headers: Record<string, string> = {}): Request {
  return new Request(url, { headers: { host: 'chat.example', accept: 'text/event-stream', ...headers } })
}

/** Returns a request with a transmission; an empty header is left out. */
export function post(body: BodyInit, headers: Record<string, string> = {}): Request {
  const all = { host: 'chat.example', 'content-type': 'application/json', ...headers }
  const given = Object.entries(all).filter(([, value]) => value !== '')
  return new Request(url, { method: 'POST', headers: given, body, duplex: 'half' } as RequestInit)
}
