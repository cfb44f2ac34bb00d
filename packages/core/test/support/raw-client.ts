import { Batch, type Connection, Frame, type Sink } from '@chat/core/transport'
import type { WireFrame, WireWelcome } from '@chat/testing/conformance'

/** An answer to a ref, parsed. */
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
 * A client over a connection in memory, in virtual time. It writes the lines that a test gives it, and
 * records every received frame. It writes no frame by itself, not even a `pong`.
 */
export class RawClient implements Sink {
  /** Received transmissions, as text. */
  readonly transmissions: string[] = []
  /** End of the connection; `null` while it is open. */
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

  /** Close code; `null` while the connection is open. */
  get code(): number | null {
    return this.ended?.code ?? null
  }

  /** The `welcome` of the hub. */
  get welcome(): WireWelcome {
    if (this.#welcome === null) throw new Error('unable to read the welcome: none was received')
    return this.#welcome
  }

  /** Public id of the session. */
  get id(): string {
    return this.welcome.session.id
  }

  /** Returns all received frames, or those of a type. */
  frames(type?: string): WireFrame[] {
    return this.#frames.filter((frame) => type === undefined || frame[0] === type)
  }

  /** Returns the frames that were received since the last call of this method. */
  news(): WireFrame[] {
    const news = this.#frames.slice(this.#seen)
    this.#seen = this.#frames.length
    return news
  }

  /** Returns the durable messages of an address, as `[at, data]`. */
  messages(address: string): [at: number, data: unknown][] {
    return this.frames('msg')
      .filter((frame) => frame[1] === address)
      .map((frame) => [frame[2] as number, frame[4]])
  }

  /** Writes frames, or lines unchanged, in one transmission. The hub has not reacted yet when it returns. */
  write(...frames: (string | readonly unknown[])[]): void {
    const lines = frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame)))
    this.#keepUp(frames)
    this.connection.send(Batch.root().append(new Frame(lines.join('\n'))))
  }

  /** Writes frames in one transmission, and waits until the hub has reacted. */
  async say(...frames: (string | readonly unknown[])[]): Promise<void> {
    this.write(...frames)
    await this.#settle()
  }

  /** Sends `hello` and resolves with the `welcome`. @throws Error when no `welcome` arrives. */
  async hello(token?: string | null, extra: Readonly<Record<string, unknown>> = {}): Promise<WireWelcome> {
    await this.say(hello(token, extra))
    const [type, welcome] = this.frames()[0] ?? []
    if (type !== 'welcome')
      throw new Error(`no welcome was received; closed with ${JSON.stringify(this.ended)}`)
    this.#welcome = welcome as WireWelcome
    return this.#welcome
  }

  /**
   * Writes an operation with its own ref, and resolves with its answer: the newest answer if the ref was
   * answered before.
   */
  async call(frame: readonly [type: string, ref: number, ...elements: unknown[]]): Promise<Answer> {
    await this.say(frame)
    const answer = this.answer(frame[1])
    if (answer === null)
      throw new Error(`ref ${frame[1]} was not answered; closed: ${JSON.stringify(this.ended)}`)
    return answer
  }

  /** Writes an operation with the next ref, and resolves with its answer. */
  request(type: string, ...elements: unknown[]): Promise<Answer> {
    return this.call([type, this.next(), ...elements])
  }

  /** Returns the next ref. */
  next(): number {
    return ++this.#ref
  }

  /** Returns the newest answer to a ref; `null` when it has no answer. */
  answer(ref: number): Answer | null {
    const frame = this.#frames.findLast(([type, of]) => (type === 'ok' || type === 'err') && of === ref)
    return frame === undefined ? null : toAnswer(frame)
  }

  /** Returns the answered refs, in the order of their answers. */
  answered(): number[] {
    return this.frames()
      .filter(([type]) => type === 'ok' || type === 'err')
      .map((frame) => frame[1] as number)
  }

  /** Prevents `next` from returning refs that a test chose itself. */
  #keepUp(frames: readonly (string | readonly unknown[])[]): void {
    for (const frame of frames) {
      const ref = typeof frame === 'string' ? null : frame[1]
      if (typeof ref === 'number' && Number.isSafeInteger(ref)) this.#ref = Math.max(this.#ref, ref)
    }
  }
}

/** Returns a `hello` for version 1. */
export function hello(token?: string | null, extra: Readonly<Record<string, unknown>> = {}): WireFrame {
  return ['hello', { v: [1, 1], ...(typeof token === 'string' ? { token } : {}), ...extra }]
}

function toAnswer(frame: WireFrame): Answer {
  const [type, ref, ...rest] = frame as [string, number, ...unknown[]]
  if (type === 'ok') return { ok: true, ref, result: (rest[0] ?? {}) as Readonly<Record<string, unknown>> }
  const [code, message, extra] = rest as [string, string, Record<string, unknown> | undefined]
  return { ok: false, ref, code, message, ...extra }
}
