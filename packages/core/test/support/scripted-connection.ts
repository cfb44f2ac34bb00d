import { BaseConnection, type Batch, type TransportCapabilities } from '@chat/core/transport'

/**
 * The hub's side of a connection that a test controls: it determines the received data, and the bytes that
 * the peer takes.
 */
export class ScriptedConnection extends BaseConnection {
  readonly capabilities: TransportCapabilities = {
    name: 'scripted',
    backpressure: true,
    pause: true,
    closeCodes: true,
    detectsLoss: true,
  }
  /** Transmissions that the hub wrote, with their sizes. */
  readonly sent: { readonly text: string; readonly bytes: number }[] = []
  /** Close code and reason of the hub; `null` while it has not closed. */
  closedWith: { readonly code: number; readonly reason: string } | null = null
  aborted = false
  paused = false
  bufferedAmount = 0
  received = 0
  /** Number of waiting bytes above which `send` returns `false`. */
  highWaterMark: number = Number.POSITIVE_INFINITY

  constructor() {
    super('chat.v1.json', null)
  }

  /** Frames that the hub has written so far. */
  get frames(): unknown[][] {
    return this.sent.flatMap(({ text }) => text.split('\n').map((line) => JSON.parse(line) as unknown[]))
  }

  /** Delivers a transmission of the peer. */
  deliver(transmission: string | Uint8Array): void {
    this.received += transmission.length
    this.receive(transmission)
  }

  /** Counts a received byte that completes no transmission. */
  trickle(): void {
    this.received++
  }

  /** Removes bytes that the peer takes. The hub is told when no byte waits any longer. */
  take(bytes: number = this.bufferedAmount): void {
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes)
    if (this.bufferedAmount === 0) this.drained()
  }

  /** Ends the connection, as when the peer is gone. */
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

/** Handshake of a transport that knows no details of its peer. */
export const nobody = {
  path: '/',
  params: {},
  query: {},
  headers: {},
  cookies: {},
  origin: null,
  remoteAddress: '192.0.2.1',
} as const
