import { Batch, type Connection, Frame, type Sink } from '@chat/core/transport'
import type { WireFrame, WireWelcome } from '@chat/testing/conformance'

/** The answer to a ref, taken apart. */
export type Answer =
  | { readonly ok: true; readonly ref: number; readonly result: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false
      readonly ref: number
      readonly code: string
      readonly message: string
      readonly retryAfter?: number
      readonly detail?: unknown
    }

/**
 * A client over a connection in memory, in virtual time: writes the lines that a test gives it and keeps every frame that comes. It writes
 * no frame by itself, not even a `pong`.
 */
export class RawClient implements Sink {
  /** Every transmission that came, as text. */
  readonly transmissions: string[] = []
  /** How the connection ended; `null` while it is open. */
  ended: { readonly code: number; readonly reason: string } | null = null
  readonly connection: Connection
  readonly #settle: () => Promise<void>
  readonly #frames: WireFrame[] = []
  #ref = 0
  #seen = 0
  #welcome: WireWelcome | null = null

  constructor(connection: Connection, settle: () => Promise<void>) {
    this.connection = connection
    this.#settle = settle
    connection.attach(this)
  }

  receive(transmission: string | Uint8Array): void {
    const text = String(transmission)
    this.transmissions.push(text)
    for (const line of text.split('\n')) this.#frames.push(JSON.parse(line) as WireFrame)
  }

  drain(): void {}

  closed(code: number, reason: string): void {
    this.ended = { code, reason }
  }

  /** The close code, once it has come. */
  get code(): number | null {
    return this.ended?.code ?? null
  }

  /** What the hub said to `hello`. */
  get welcome(): WireWelcome {
    if (this.#welcome === null) throw new Error('unable to look at the welcome: none has come')
    return this.#welcome
  }

  /** The session's public id. */
  get id(): string {
    return this.welcome.session.id
  }

  /** All frames that came, or those of one type. */
  frames(type?: string): WireFrame[] {
    return this.#frames.filter((frame) => type === undefined || frame[0] === type)
  }

  /** The frames that came since the last call of this method. */
  news(): WireFrame[] {
    const news = this.#frames.slice(this.#seen)
    this.#seen = this.#frames.length
    return news
  }

  /** The durable messages of an address, as `[at, data]`. */
  messages(address: string): [at: number, data: unknown][] {
    return this.frames('msg')
      .filter((frame) => frame[1] === address)
      .map((frame) => [frame[2] as number, frame[4]])
  }

  /** Writes frames, or lines as they stand, in one transmission; nothing has happened yet when it returns. */
  write(...frames: (string | readonly unknown[])[]): void {
    const lines = frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame)))
    this.#keepUp(frames)
    this.connection.send(Batch.root().append(new Frame(lines.join('\n'))))
  }

  /** Writes frames in one transmission, and lets happen what follows from it. */
  async say(...frames: (string | readonly unknown[])[]): Promise<void> {
    this.write(...frames)
    await this.#settle()
  }

  /** Says `hello` and takes the `welcome`; the test fails when none comes. */
  async hello(token?: string | null, extra: Readonly<Record<string, unknown>> = {}): Promise<WireWelcome> {
    await this.say(hello(token, extra))
    const [type, welcome] = this.frames()[0] ?? []
    if (type !== 'welcome') throw new Error(`no welcome came; closed with ${JSON.stringify(this.ended)}`)
    this.#welcome = welcome as WireWelcome
    return this.#welcome
  }

  /** Writes one operation as it stands and hands over its answer; the newest, if the ref was answered before. */
  async call(frame: readonly [type: string, ref: number, ...elements: unknown[]]): Promise<Answer> {
    await this.say(frame)
    const answer = this.answer(frame[1])
    if (answer === null)
      throw new Error(`ref ${frame[1]} was not answered; closed: ${JSON.stringify(this.ended)}`)
    return answer
  }

  /** Writes one operation with the next ref, and hands over its answer. */
  request(type: string, ...elements: unknown[]): Promise<Answer> {
    return this.call([type, this.next(), ...elements])
  }

  /** The next ref. */
  next(): number {
    return ++this.#ref
  }

  /** The newest answer to a ref; `null` when there is none. */
  answer(ref: number): Answer | null {
    const frame = this.#frames.findLast(([type, of]) => (type === 'ok' || type === 'err') && of === ref)
    return frame === undefined ? null : toAnswer(frame)
  }

  /** The refs that were answered, in the order of the answers. */
  answered(): number[] {
    return this.frames()
      .filter(([type]) => type === 'ok' || type === 'err')
      .map((frame) => frame[1] as number)
  }

  /** Refs that a test chose itself are not given out again. */
  #keepUp(frames: readonly (string | readonly unknown[])[]): void {
    for (const frame of frames) {
      const ref = typeof frame === 'string' ? null : frame[1]
      if (typeof ref === 'number' && Number.isSafeInteger(ref)) this.#ref = Math.max(this.#ref, ref)
    }
  }
}

/** A `hello` for version 1. */
export function hello(token?: string | null, extra: Readonly<Record<string, unknown>> = {}): WireFrame {
  return ['hello', { v: [1, 1], ...(typeof token === 'string' ? { token } : {}), ...extra }]
}

function toAnswer(frame: WireFrame): Answer {
  const [type, ref, ...rest] = frame as [string, number, ...unknown[]]
  if (type === 'ok') return { ok: true, ref, result: (rest[0] ?? {}) as Readonly<Record<string, unknown>> }
  const [code, message, extra] = rest as [string, string, Record<string, unknown> | undefined]
  return { ok: false, ref, code, message, ...extra }
}
