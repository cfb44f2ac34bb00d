import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'

/** Options of an {@link HttpIntruder}. */
export interface HttpIntruderOptions {
  readonly user?: string
  /** Network address from which it connects. Default: 127.0.0.2. */
  readonly from?: string
}

/** A client of an attacker over the HTTP transport. */
export class HttpIntruder {
  /** Status of the answer to the request for the stream. */
  readonly status: number
  readonly #port: number
  readonly #from: string
  readonly #stream: ClientRequest
  #id = ''
  #seq = 0
  #text = ''

  private constructor(at: { port: number; from: string }, stream: ClientRequest, response: IncomingMessage) {
    this.status = response.statusCode ?? 0
    this.#port = at.port
    this.#from = at.from
    this.#stream = stream
    response.on('error', () => {})
    response.on('data', (data: Buffer) => {
      if (this.#id !== '') return
      this.#text += String(data)
      this.#id = /event: open\ndata: (\S+)/.exec(this.#text)?.[1] ?? ''
    })
  }

  /** Opens a stream. */
  static async open(port: number, { from = '127.0.0.2' }: HttpIntruderOptions = {}): Promise<HttpIntruder> {
    const stream = request({
      ...{ host: '127.0.0.1', port, path: '/chat', localAddress: from, agent: false },
      headers: { accept: 'text/event-stream' },
    })
    stream.end()
    const [response] = (await once(stream, 'response')) as [IncomingMessage]
    const intruder = new HttpIntruder({ port, from }, stream, response)
    stream.on('error', () => {})
    return intruder
  }

  /** Opens a stream, and says `hello`. */
  static async enter(port: number, options: HttpIntruderOptions = {}): Promise<HttpIntruder> {
    const intruder = await HttpIntruder.open(port, options)
    await intruder.post(JSON.stringify(['hello', { v: [1, 1], token: options.user ?? 'mallory' }]))
    return intruder
  }

  /** Posts a transmission, and resolves with the status of the answer. */
  async post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const post = await this.begin(headers)
    post.end(body)
    const [response] = (await once(post, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode ?? 0
  }

  /** Begins a POST, whose body is left to the caller. */
  async begin(headers: Readonly<Record<string, string>> = {}): Promise<ClientRequest> {
    while (this.#id === '') await new Promise((next) => setTimeout(next, 5))
    const post = request({
      ...{ host: '127.0.0.1', port: this.#port, path: '/chat', method: 'POST', localAddress: this.#from },
      agent: false,
      headers: {
        'content-type': 'application/json',
        'chat-connection': this.#id,
        'chat-seq': String(++this.#seq),
        ...headers,
      },
    })
    post.on('error', () => {})
    return post
  }

  leave(): void {
    this.#stream.destroy()
  }
}
