import { WebSocket } from 'ws'
import { until, within } from '../brokers/until.ts'

/** Options of an {@link Intruder}. */
export interface IntruderOptions {
  /** User. Default: `mallory`. */
  readonly user?: string
  /** Network address from which it connects, one of 127.0.0.0/8. Default: 127.0.0.2. */
  readonly from?: string
  /** Further fields of its `hello`. */
  readonly hello?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** The fields of a `welcome` that attacks use. */
export interface Welcome {
  readonly session: { readonly id: string; readonly secret: string }
  readonly resumed: boolean
  readonly streams: Readonly<Record<string, { readonly mode: string; readonly epoch: string }>>
}

/** A client of an attacker: a WebSocket that writes what it likes, and counts what it gets. */
export class Intruder {
  readonly socket: WebSocket
  /** Number of received frames, by type, and of `err` frames, by code. */
  readonly got = new Map<string, number>()
  /** Bytes of all received transmissions. */
  received = 0
  /** Close code, once the connection has ended. */
  closed: number | null = null
  welcome: Welcome | null = null
  #ref = 0
  /** `true` for a client that only counts the bytes that it gets. */
  deaf = false
  readonly #hello: string

  constructor(port: number, options: IntruderOptions = {}) {
    const { user = 'mallory', from = '127.0.0.2', hello = {}, headers = {} } = options
    this.#hello = JSON.stringify(['hello', { v: [1, 1], token: user, ...hello }])
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, ['chat.v1.json'], {
      localAddress: from,
      headers,
      perMessageDeflate: false,
      skipUTF8Validation: true,
    })
    this.socket.on('error', () => {})
    this.socket.on('close', (code) => {
      this.closed = code
    })
    this.socket.on('message', (data: Buffer) => this.#take(data))
  }

  /** Connects a client, and resolves when it was welcomed. */
  static async enter(port: number, options: IntruderOptions = {}): Promise<Intruder> {
    const intruder = new Intruder(port, options)
    await intruder.opened()
    intruder.write(intruder.#hello)
    await until('a welcome', () => intruder.welcome !== null || intruder.closed !== null, 30_000)
    return intruder
  }

  /** Resolves when the socket is open, or could not open. */
  async opened(): Promise<boolean> {
    if (this.socket.readyState === WebSocket.CONNECTING) {
      const settled = ['open', 'close'].map(
        (event) => new Promise((resolve) => this.socket.once(event, resolve)),
      )
      await within('an open socket', Promise.race(settled))
    }
    return this.socket.readyState === WebSocket.OPEN
  }

  /** Number of received frames of a type, or of errors with a code. */
  count(kind: string): number {
    return this.got.get(kind) ?? 0
  }

  /** Returns an operation with the next ref. */
  frame(type: string, ...rest: readonly unknown[]): string {
    return JSON.stringify([type, ++this.#ref, ...rest])
  }

  /** Writes a transmission. */
  write(...frames: readonly string[]): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frames.join('\n'))
  }

  /** Resolves when the connection has ended; throws when it does not in time. */
  ended(patience = 30_000): Promise<void> {
    return until('the end of a connection', () => this.closed !== null, patience)
  }

  /** Resolves when the hub has answered all that was written before. */
  async answered(patience = 30_000): Promise<void> {
    const pongs = this.count('pong')
    this.write('["ping",1]')
    await until('a pong', () => this.count('pong') > pongs || this.closed !== null, patience)
  }

  leave(): void {
    this.socket.terminate()
  }

  #take(data: Buffer): void {
    this.received += data.length
    if (this.deaf) return
    for (const line of data.toString('latin1').split('\n')) {
      const type = line.slice(2, line.indexOf('"', 2))
      this.#note(type)
      if (type === 'err') this.#note(JSON.parse(line)[2])
      if (type === 'welcome') this.welcome = JSON.parse(line)[1]
    }
  }

  #note(kind: string): void {
    this.got.set(kind, this.count(kind) + 1)
  }
}
