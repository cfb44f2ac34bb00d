import { Random } from '@chat/testing'

type Answering = (request: Request) => Promise<Response | undefined>

/**
 * An intermediary that behaves like the worst proxies. It posts requests twice at once or again much later,
 * breaks them off in the middle, and loses answers. It answers in place of the server, opens streams without
 * a request of the client, and cuts streams anywhere.
 */
export class Meddler {
  /** Number of its interventions. */
  did = 0
  meddling = true
  readonly #server: Answering
  readonly #random: Random
  readonly #kept: (() => Promise<Response>)[] = []

  constructor(server: Answering, seed: number) {
    this.#server = server
    this.#random = new Random(seed, 'meddler')
  }

  /** Replaces the platform's `fetch`. */
  readonly fetch: typeof fetch = async (url, init = {}) => {
    const signal = init.signal ?? null
    signal?.throwIfAborted()
    const answer = await (init.method === 'POST'
      ? this.#post(String(url), init)
      : this.#get(String(url), init))
    signal?.throwIfAborted()
    return answer
  }

  async #get(url: string, init: RequestInit): Promise<Response> {
    if (this.#happens(4)) {
      this.did++
      await this.#ask(url, init)
    }
    const response = await this.#ask(url, init)
    if (!this.#happens(2) || response.body === null) return response
    this.did++
    const { status, headers } = response
    return new Response(cut(response.body, 2_500 + this.#random.below(6_000)), { status, headers })
  }

  async #post(url: string, init: RequestInit): Promise<Response> {
    const send = (): Promise<Response> => this.#ask(url, init)
    if (this.#happens(3)) this.#kept.push(send)
    if (this.#happens(4)) {
      const [late] = this.#kept.splice(this.#random.below(this.#kept.length + 1), 1)
      if (late !== undefined) {
        this.did++
        await late()
      }
    }
    const fates: (() => Promise<Response>)[] = [
      // Twice at once, like a retry that comes too early.
      async () => {
        this.did++
        const [, second] = await Promise.all([send(), send()])
        return second
      },
      // The first half only, and then the whole request again.
      async () => {
        this.did++
        void this.#ask(url, { ...init, body: half(String(init.body)), duplex: 'half' } as RequestInit)
        return send()
      },
      // The answer is lost.
      async () => {
        this.did++
        await send()
        throw new TypeError('the answer was lost')
      },
      // The intermediary answers in place of the server.
      async () => {
        this.did++
        if (this.#happens(2)) await send()
        return new Response('a proxy', { status: 502 })
      },
    ]
    return this.#happens(2) ? (fates[this.#random.below(fates.length)] ?? send)() : send()
  }

  async #ask(url: string, init: RequestInit): Promise<Response> {
    const { signal: _, ...rest } = init
    const response = await this.#server(new Request(url, rest as RequestInit))
    if (response === undefined) throw new Error('the request is not for the hub')
    return response
  }

  #happens(oneIn: number): boolean {
    return this.meddling && this.#random.below(oneIn) === 0
  }
}

/** Returns the first half of a body, followed by an error. */
function half(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  let written = false
  return new ReadableStream({
    pull(controller) {
      if (written) return controller.error(new Error('broken off'))
      written = true
      controller.enqueue(bytes.subarray(0, bytes.length >> 1))
    },
  })
}

/** Returns a stream that breaks off after a number of bytes. */
function cut(stream: ReadableStream<Uint8Array>, bytes: number): ReadableStream<Uint8Array> {
  let left = bytes
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        controller.enqueue(piece.subarray(0, left))
        left -= piece.length
        if (left <= 0) controller.error(new Error('cut'))
      },
    }),
  )
}
