import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'

/** The hub's end of a connection that a test plays by hand: it says what arrives, and how much of what is sent is taken. */
export class ScriptedConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities = {
    name: 'scripted',
    backpressure: true,
    pause: true,
    closeCodes: true,
    detectsLoss: true,
  }
  /** Every transmission the hub wrote, with its size. */
  readonly sent: { readonly text: string; readonly bytes: number }[] = []
  /** How the hub closed; `null` while it has not. */
  closedWith: { readonly code: number; readonly reason: string } | null = null
  aborted = false
  paused = false
  bufferedAmount = 0
  received = 0
  /** Above this many bytes that nobody has taken, `send` answers `false`. */
  highWaterMark: number = Number.POSITIVE_INFINITY

  constructor() {
    super('chat.v1.json', null)
  }

  /** The frames the hub wrote so far. */
  get frames(): unknown[][] {
    return this.sent.flatMap(({ text }) => text.split('\n').map((line) => JSON.parse(line) as unknown[]))
  }

  /** Something arrives from the peer. */
  deliver(transmission: string | Uint8Array): void {
    this.received += transmission.length
    this.receive(transmission)
  }

  /** A byte arrives that makes no transmission yet. */
  trickle(): void {
    this.received++
  }

  /** The peer takes bytes; the hub is told when there is room again. */
  take(bytes: number = this.bufferedAmount): void {
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes)
    if (this.bufferedAmount === 0) this.drained()
  }

  /** The peer is gone. */
  lose(code = 1006): void {
    this.ended(code, '')
  }

  protected doSend({ text, bytes }: Batch): boolean {
    this.sent.push({ text, bytes })
    if (this.highWaterMark !== Number.POSITIVE_INFINITY) this.bufferedAmount += bytes
    return this.bufferedAmount <= this.highWaterMark
  }

  protected doClose(code: number, reason: string): void {
    this.closedWith = { code, reason }
  }

  protected doAbort(): void {
    this.aborted = true
  }

  protected doPause(): void {
    this.paused = true
  }

  protected doResume(): void {
    this.paused = false
  }
}

/** What a transport without any particulars knows of its peer. */
export const nobody = {
  path: '/',
  params: {},
  query: {},
  headers: {},
  cookies: {},
  origin: null,
  remoteAddress: '192.0.2.1',
} as const
