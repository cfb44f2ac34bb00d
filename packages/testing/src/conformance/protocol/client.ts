import { ConformanceError } from '../check.ts'
import { Poller, type SuiteTiming } from '../poller.ts'
import { FrameInspector } from './frame-inspector.ts'
import {
  messageOf,
  type WireAnswer,
  type WireFrame,
  type WireMessage,
  type WireResult,
  type WireWelcome,
} from './frames.ts'
import type { ProtocolSocket } from './socket.ts'

/** End of a WebSocket. */
export interface SocketEnd {
  /** Close code. */
  readonly code: number
  /** Close reason; may be empty. */
  readonly reason: string
}

/**
 * A client of the wire protocol that writes the frames it is told to write and keeps every frame that comes,
 * in the order of arrival. It writes no frame by itself: no `hello`, and no `pong` for a `ping`.
 */
export class ProtocolClient {
  /** The WebSocket that the client was made of. */
  readonly socket: ProtocolSocket
  /** Every frame that has come. */
  readonly frames: WireFrame[] = []
  readonly #inspector = new FrameInspector()
  readonly #poller: Poller
  readonly #looks = new Set<() => void>()
  #ref = 0
  #pings = 0
  #opened = false
  #end: SocketEnd | null = null

  /** Takes a WebSocket over, open or still connecting. */
  constructor(socket: ProtocolSocket, pace: SuiteTiming = {}) {
    this.socket = socket
    this.#poller = new Poller(pace)
    socket.addEventListener('open', () => {
      this.#opened = true
      this.#look()
    })
    socket.addEventListener('error', () => {})
    socket.addEventListener('message', ({ data }) => {
      this.frames.push(...this.#inspector.receive(data))
      this.#look()
    })
    socket.addEventListener('close', ({ code, reason }) => {
      this.#end = { code, reason }
      this.#look()
    })
  }

  /**
   * Frames that a hub must not write, with the reason: an empty list for a hub that keeps to the protocol.
   */
  get complaints(): readonly string[] {
    return this.#inspector.complaints
  }

  /** End of the connection; `null` while it is open. */
  get ended(): SocketEnd | null {
    return this.#end
  }

  /** Body of the `welcome`. Throws until it has come. */
  get welcome(): WireWelcome {
    const frame = this.first('welcome')
    if (frame === undefined) throw new ConformanceError(`no welcome has come; ${this.#tail()}`)
    return frame[1] as WireWelcome
  }

  /** Public id of the session. Throws while there is no `welcome`. */
  get sessionId(): string {
    return this.welcome.session.id
  }

  /** User of the session. Throws while there is no `welcome`. */
  get user(): string {
    return this.welcome.user
  }

  /** Waits until the WebSocket is open. */
  async opened(): Promise<this> {
    await this.until('the connection opens', () => this.#opened || undefined)
    return this
  }

  /** Waits for the `welcome`; rejects when the connection ends before. */
  async welcomed(): Promise<WireWelcome> {
    await this.next('welcome')
    return this.welcome
  }

  /** Waits for the end of the connection. */
  async closed(): Promise<SocketEnd> {
    const what = (): string => `the connection ends; ${this.#tail()}`
    return this.#poller.found(what, () => this.#end ?? undefined, this.#looks)
  }

  /** Waits for the close code. */
  async closeCode(): Promise<number> {
    return (await this.closed()).code
  }

  /** Resolves with the outcome of `pending`, or with the close code when the connection ends before. */
  async orCloseCode<T>(pending: Promise<T>): Promise<T | number> {
    try {
      return await pending
    } catch (error) {
      if (this.#end === null) throw error
      return this.#end.code
    }
  }

  /** Sends one transmission as it stands. */
  transmit(transmission: string | Uint8Array): void {
    if (typeof transmission === 'string') this.#inspector.write(transmission)
    this.socket.send(transmission)
  }

  /** Sends frames in one transmission. */
  write(...frames: (readonly unknown[])[]): void {
    this.transmit(frames.map((frame) => JSON.stringify(frame)).join('\n'))
  }

  /** Returns a ref above every ref that this method returned before. */
  nextRef(): number {
    return ++this.#ref
  }

  /** Sends an operation with the next ref and waits for its answer. */
  request(type: string, ...elements: unknown[]): Promise<WireAnswer> {
    return this.requestAs(this.nextRef(), type, ...elements)
  }

  /** Sends an operation with this ref and waits for its answer, also when the ref was answered before. */
  requestAs(ref: number, type: string, ...elements: unknown[]): Promise<WireAnswer> {
    const before = this.answers(ref).length
    this.write([type, ref, ...elements])
    return this.answer(ref, before)
  }

  /** Sends an operation with the next ref and waits for its result; rejects when the answer is an `err`. */
  async succeed(type: string, ...elements: unknown[]): Promise<WireResult> {
    const { code, text, result } = await this.request(type, ...elements)
    if (code !== 'ok') throw new ConformanceError(`${type} was answered with ${code}: ${text}`)
    return result
  }

  /** Waits for an answer to a ref: the first, or that behind `skipped` earlier answers. */
  answer(ref: number, skipped = 0): Promise<WireAnswer> {
    return this.until(`ref ${ref} is answered`, () => this.answers(ref)[skipped])
  }

  /** Waits for the answers to several refs and returns their codes. */
  async codes(refs: readonly number[]): Promise<string[]> {
    const answers = await Promise.all(refs.map((ref) => this.answer(ref)))
    return answers.map(({ code }) => code)
  }

  /** Returns every answer to a ref that has come. */
  answers(ref: number): WireAnswer[] {
    return this.frames
      .filter(([type, of]) => (type === 'ok' || type === 'err') && of === ref)
      .map((frame) => answerOf(frame))
  }

  /** Returns the first frame of a type that has come, messages to everyone left out. */
  first(type: string): WireFrame | undefined {
    return this.frames.find(([one, address]) => one === type && address !== '*')
  }

  /** Returns the frames of a type that have come: of one address, or of all addresses but everyone. */
  all(type: string, address?: string): WireFrame[] {
    return this.frames.filter(
      ([one, of]) => one === type && (address === undefined ? of !== '*' : of === address),
    )
  }

  /** Returns the types of the frames that have come, messages to everyone left out. */
  types(): string[] {
    return this.frames.filter(([, address]) => address !== '*').map(([type]) => type)
  }

  /** Waits for the first frame of a type, messages to everyone left out. */
  next(type: string): Promise<WireFrame> {
    return this.until(`a ${type} comes`, () => this.first(type))
  }

  /** Waits until `count` messages of an address have come and returns all of them. */
  async messages(address: string, count: number): Promise<WireMessage[]> {
    const frames = await this.until(`${count} messages of ${address} come`, () => {
      const come = this.all('msg', address)
      return come.length >= count ? come : undefined
    })
    return frames.map(messageOf)
  }

  /** Waits for a message of an address with this event. */
  heard(address: string, event: string): Promise<WireMessage> {
    return this.until(`a message ${event} of ${address} comes`, () =>
      this.all('msg', address)
        .map(messageOf)
        .find((message) => message.event === event),
    )
  }

  /** Returns the events of the messages of an address that have come. */
  events(address: string): string[] {
    return this.all('msg', address).map((frame) => messageOf(frame).event)
  }

  /**
   * Writes a `ping` and waits for its `pong`: the hub lives, and every frame that it wrote before has come.
   */
  async roundTrip(): Promise<true> {
    const t = 2 ** 40 + ++this.#pings
    this.write(['ping', t])
    await this.until(`the pong ${t} comes`, () =>
      this.frames.find(([type, of]) => type === 'pong' && of === t),
    )
    return true
  }

  /** Waits until `find` returns a value; rejects when the connection ends before. */
  until<T>(what: string, find: () => T | undefined): Promise<T> {
    const look = (): T | undefined => {
      const found = find()
      if (found === undefined && this.#end !== null)
        throw new ConformanceError(
          `the connection was closed with ${this.#end.code} before ${what}; ${this.#tail()}`,
        )
      return found
    }
    return this.#poller.found(() => `${what}; ${this.#tail()}`, look, this.#looks)
  }

  /** Closes the connection. */
  close(code?: number): void {
    this.socket.close(code)
  }

  /** Ends the connection without a word, as far as the WebSocket can, and waits for the end. */
  async cut(): Promise<void> {
    this.abandon()
    await this.closed()
  }

  /** Ends the connection without a word, as far as the WebSocket can. */
  abandon(): void {
    if (this.#end !== null) return
    if (this.socket.terminate === undefined) this.socket.close(4000)
    else this.socket.terminate()
  }

  /** Stops reading. Throws when the WebSocket cannot. */
  pause(): void {
    if (this.socket.pause === undefined)
      throw new ConformanceError('the WebSocket has no `pause`: name it in `lacks`, with the reason')
    this.socket.pause()
  }

  /** Reads on. */
  resume(): void {
    this.socket.resume?.()
  }

  #look(): void {
    for (const look of [...this.#looks]) look()
  }

  #tail(): string {
    const last = this.frames.slice(-6).map((frame) => JSON.stringify(frame).slice(0, 200))
    return `the last frames: ${last.join(' ') || 'none'}`
  }
}

function answerOf([type, ref, value, text, extra]: WireFrame): WireAnswer {
  const ok = type === 'ok'
  return {
    ref: ref as number,
    code: ok ? 'ok' : (value as string),
    result: (ok ? (value ?? {}) : {}) as WireResult,
    text: ok ? '' : (text as string),
    extra: (extra ?? {}) as WireAnswer['extra'],
  }
}
