import { CloseCode, closeReason } from '../vocabulary/close-codes.ts'
import type { Batch } from './batch.ts'
import type { Connection, Sink, TransportCapabilities } from './connection.ts'

/** Where a connection stands. It only ever moves to the right. */
export type ConnectionState = 'open' | 'closing' | 'closed'

/**
 * What every adapter needs and none should write again: the state, exactly one `closed`, nothing after it, sends that are
 * uniform in every state, and what arrives before the sink is there. An adapter implements the `do…` methods over its socket and calls
 * `received`, `drained` and `ended`.
 */
export abstract class BaseConnection implements Connection {
  abstract readonly capabilities: TransportCapabilities
  abstract readonly bufferedAmount: number
  abstract readonly received: number
  readonly protocol: string
  readonly extra: unknown
  #state: ConnectionState = 'open'
  #sink: Sink | null = null
  #early: (string | Uint8Array)[] = []
  #end: { code: number; reason: string } | null = null

  constructor(protocol: string, extra: unknown) {
    this.protocol = protocol
    this.extra = extra
  }

  /** Whether the link is open, being closed, or gone. */
  get state(): ConnectionState {
    return this.#state
  }

  attach(sink: Sink): void {
    this.#sink = sink
    const early = this.#early
    const end = this.#end
    this.#early = []
    for (const transmission of early) {
      sink.receive(transmission)
      // The sink gave up meanwhile, and was told of the end.
      if (this.#end !== end) return
    }
    if (end !== null) sink.closed(end.code, end.reason)
  }

  send(batch: Batch): boolean {
    return this.#state === 'open' ? this.doSend(batch) : true
  }

  close(code: number, reason: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.doClose(code, closeReason(reason))
  }

  abort(error: Error): void {
    if (this.#state === 'closed') return
    this.doAbort(error)
    this.ended(1006, '')
  }

  pause(): void {
    if (this.#state !== 'closed') this.doPause()
  }

  resume(): void {
    if (this.#state !== 'closed') this.doResume()
  }

  /** Writes a batch to the socket; answers as {@link Connection.send}. Called only while the link is open. */
  protected abstract doSend(batch: Batch): boolean
  /** Starts a graceful close with a reason that fits. Called once, while the link is open. `ended` MUST follow, at the latest after a timeout. */
  protected abstract doClose(code: number, reason: string): void
  /** Destroys the socket. */
  protected abstract doAbort(error: Error): void
  /** Stops reading from the socket. */
  protected abstract doPause(): void
  /** Reads on. */
  protected abstract doResume(): void

  /** The adapter calls it with each transmission. While a close is under way, what still arrives is let through: the sink decides. */
  protected receive(transmission: string | Uint8Array): void {
    if (this.#state === 'closed') return
    if (this.#sink === null) this.#early.push(transmission)
    else this.#sink.receive(transmission)
  }

  /** The adapter calls it when the socket is writable again. */
  protected drained(): void {
    if (this.#state !== 'closed') this.#sink?.drain()
  }

  /** The adapter calls it when the socket is gone, however that came; only the first call counts. */
  protected ended(code: number = CloseCode.normal, reason = ''): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#end = { code, reason }
    this.#sink?.closed(code, reason)
  }
}
