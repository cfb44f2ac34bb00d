import { WebSocket } from 'ws'

type Frame = readonly unknown[]

/** A client that knows frames and nothing else: what it sees is what is on the wire. */
export class RawClient {
  readonly #socket: WebSocket
  readonly #frames: Frame[] = []
  readonly #waiting = new Set<() => void>()
  /** Resolves with the close code. */
  readonly closed: Promise<number>

  constructor(url: string) {
    this.#socket = new WebSocket(url, 'chat.v1.json')
    this.#socket.on('message', (data) => {
      for (const line of String(data).split('\n')) this.#frames.push(JSON.parse(line))
      for (const look of this.#waiting) look()
    })
    this.closed = new Promise((resolve) => this.#socket.on('close', resolve))
  }

  /** Connects, says hello, and waits for the welcome. */
  static async welcomed(url: string, hello: object): Promise<RawClient> {
    const client = new RawClient(url)
    await client.hello(hello)
    await client.next('welcome')
    return client
  }

  async hello(hello: object): Promise<void> {
    await new Promise((resolve) => this.#socket.once('open', resolve))
    this.write('hello', { v: [1, 1], ...hello })
  }

  write(...frame: unknown[]): void {
    this.#socket.send(JSON.stringify(frame))
  }

  /** The next frame of a type (and, for answers, with a ref); earlier frames of other types are kept. */
  next(type: string, ref?: number): Promise<Frame> {
    return new Promise((resolve) => {
      const look = (): void => {
        const index = this.#frames.findIndex(([t, r]) => t === type && (ref === undefined || r === ref))
        const [frame] = index < 0 ? [] : this.#frames.splice(index, 1)
        if (frame === undefined) return
        this.#waiting.delete(look)
        resolve(frame)
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Writes an operation and gives its answer: `ok`, or the code of its `err`. */
  async ask(type: string, ref: number, ...rest: unknown[]): Promise<unknown> {
    this.write(type, ref, ...rest)
    const ok = this.next('ok', ref).then(() => 'ok')
    const err = this.next('err', ref).then(([, , code]) => code)
    return Promise.race([ok, err])
  }

  close(): void {
    this.#socket.terminate()
  }
}
