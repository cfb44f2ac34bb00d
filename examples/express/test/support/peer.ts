import { type ClientOptions, WebSocket } from 'ws'
import { type Answer, type Frame, type Message, message, type Result, type Welcome } from './frames.ts'
import { Inspector } from './inspector.ts'

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** How long anything may take before a test gives up on it. */
const patience = 12_000

/** A client that knows the protocol's text and nothing of the SDK. It keeps every frame, in the order of arrival. */
export class Peer {
  readonly frames: Frame[] = []
  readonly closed: Promise<Closed>
  readonly socket: WebSocket
  readonly #inspector = new Inspector()
  readonly #waiting = new Set<() => void>()
  #ref = 0
  #ended: Closed | undefined

  constructor(url: string, protocols: string[] = ['chat.v1.json'], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options)
    this.socket.on('message', (data, binary) => {
      this.frames.push(...this.#inspector.received(String(data), binary))
      this.#look()
    })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => {
        this.#ended = { code, reason: String(reason) }
        resolve(this.#ended)
        this.#look()
      }),
    )
  }

  /** What the hub wrote on this connection and must not have. */
  get complaints(): readonly string[] {
    return this.#inspector.complaints
  }

  get welcome(): Welcome {
    const first = this.frames.find(([type]) => type === 'welcome')
    if (first === undefined) throw new Error('no welcome yet')
    return first[1] as Welcome
  }

  get id(): string {
    return this.welcome.session.id
  }

  get user(): string {
    return this.welcome.user
  }

  /** Resolves when the transport is open. */
  async open(): Promise<this> {
    await this.until('an open connection', () => this.socket.readyState === WebSocket.OPEN || undefined)
    return this
  }

  /** Resolves with the `welcome`; rejects if the connection ends without one. */
  welcomed(): Promise<Welcome> {
    return this.until('a welcome', () => this.first('welcome') && this.welcome)
  }

  /** One transmission, as it is. */
  text(transmission: string): void {
    this.#inspector.wrote(transmission)
    this.socket.send(transmission)
  }

  /** Frames in one transmission. */
  write(...frames: (readonly unknown[])[]): void {
    this.text(frames.map((frame) => JSON.stringify(frame)).join('\n'))
  }

  /** A ref above all that this gave before. */
  ref(): number {
    return ++this.#ref
  }

  /** Writes an operation with the next ref and waits for its answer. */
  ask(type: string, ...rest: unknown[]): Promise<Answer> {
    return this.askAs(this.ref(), type, ...rest)
  }

  askAs(ref: number, type: string, ...rest: unknown[]): Promise<Answer> {
    const nth = this.answers(ref).length
    this.write([type, ref, ...rest])
    return this.answer(ref, nth)
  }

  /** As `ask`, for an operation that has to succeed. */
  async ok(type: string, ...rest: unknown[]): Promise<Result> {
    const { code, result } = await this.ask(type, ...rest)
    if (code !== 'ok') throw new Error(`${type} was answered with ${code}`)
    return result
  }

  answer(ref: number, nth = 0): Promise<Answer> {
    return this.until(`an answer to ${ref}`, () => this.answers(ref)[nth])
  }

  /** Every answer to a ref that has come. */
  answers(ref: number): Answer[] {
    const frames = this.frames.filter(([type, r]) => (type === 'ok' || type === 'err') && r === ref)
    return frames.map(([type, , value, text, extra]) => ({
      ref,
      code: type === 'ok' ? 'ok' : (value as string),
      result: (type === 'ok' ? value : {}) as Result,
      text: type === 'ok' ? '' : (text as string),
      extra: (extra ?? {}) as Answer['extra'],
    }))
  }

  /** The first frame of a type that has come. */
  first(type: string): Frame | undefined {
    return this.frames.find(([t]) => t === type)
  }

  all(type: string, address?: string): Frame[] {
    return this.frames.filter(([t, a]) => t === type && (address === undefined || a === address))
  }

  next(type: string): Promise<Frame> {
    return this.until(`a ${type}`, () => this.first(type))
  }

  /** Waits until so many messages of an address have come. */
  async messages(address: string, count: number): Promise<Message[]> {
    const frames = await this.until(`${count} messages`, () => {
      const come = this.all('msg', address)
      return come.length >= count ? come : undefined
    })
    return frames.map(message)
  }

  /** Events of the messages of an address that have come. */
  events(address: string): string[] {
    return this.all('msg', address).map((frame) => message(frame).event)
  }

  /** Resolves when the hub has answered a ping: it lives, and what it wrote before is here. */
  async alive(): Promise<true> {
    const t = Math.floor(Math.random() * 2 ** 40)
    this.write(['ping', t])
    return this.until(
      'a pong',
      () => this.frames.some(([type, u]) => type === 'pong' && u === t) || undefined,
    )
  }

  /** Resolves with the close code. */
  async code(): Promise<number> {
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(`not closed; ${this.#tail()}`)), patience).unref(),
    )
    return (await Promise.race([this.closed, late])).code
  }

  /** What is awaited, or the close code if the connection ends before. */
  orCode<T>(awaited: Promise<T>): Promise<T | number> {
    return awaited.catch((error) => (this.#ended === undefined ? Promise.reject(error) : this.#ended.code))
  }

  until<T>(what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(look)
        this.socket.off('open', look)
        clearTimeout(timer)
      }
      const fail = (why: string): void => {
        settle()
        reject(new Error(`waited for ${what}: ${why}; ${this.#tail()}`))
      }
      const look = (): void => {
        const found = find()
        if (found === undefined) return this.#ended && fail(`closed with ${this.#ended.code}`)
        settle()
        resolve(found)
      }
      const timer = setTimeout(() => fail('in vain'), patience)
      this.#waiting.add(look)
      this.socket.on('open', look)
      look()
    })
  }

  /** Ends the transport without a word. */
  async cut(): Promise<void> {
    this.socket.terminate()
    await this.closed
  }

  #look(): void {
    for (const look of [...this.#waiting]) look()
  }

  #tail(): string {
    const last = this.frames.slice(-6).map((frame) => JSON.stringify(frame).slice(0, 200))
    return `last frames: ${last.join(' ') || 'none'}`
  }
}
