import { closeReason, normalClose } from '../vocabulary/close-codes.ts'
import type { Transmission } from './batch.ts'
import type { Connection, Sink, TransportCapabilities } from './connection.ts'

/** State of a connection. It changes only from left to right. */
export type ConnectionState = 'open' | 'closing' | 'closed'

/**
 * Base class of every transport's connection. It keeps the state, calls `closed` exactly once and the sink
 * never again after that, makes `send` uniform in every state, and keeps transmissions that arrive before the
 * sink is attached. A transport implements the `do…` methods over its socket and calls `receive`, `drained`
 * and `ended`.
 */
export abstract class BaseConnection implements Connection {
  /** See {@link Connection.capabilities}. */
  abstract readonly capabilities: TransportCapabilities
  /** See {@link Connection.bufferedAmount}. */
  abstract readonly bufferedAmount: number
  /** See {@link Connection.received}. */
  abstract readonly received: number
  /** See {@link Connection.protocol}. */
  readonly protocol: string
  /** See {@link Connection.extra}. */
  readonly extra: unknown
  #state: ConnectionState = 'open'
  #sink: Sink | null = null
  /** Transmissions that arrived before the sink; `null` for none. */
  #early: (string | Uint8Array)[] | null = null
  #end: { code: number; reason: string } | null = null

  constructor(protocol: string, extra: unknown) {
    this.protocol = protocol
    this.extra = extra
  }

  /** State of the connection: open, being closed, or ended. */
  get state(): ConnectionState {
    return this.#state
  }

  /** See {@link Connection.attach}. */
  attach(sink: Sink): void {
    this.#sink = sink
    const early = this.#early ?? []
    const end = this.#end
    this.#early = null
    for (const transmission of early) {
      sink.receive(transmission)
      // The sink aborted the connection in `receive`, and `closed` was called then.
      if (this.#end !== end) return
    }
    if (end !== null) sink.closed(end.code, end.reason)
  }

  /** See {@link Connection.send}. */
  send(batch: Transmission): boolean {
    return this.#state === 'open' ? this.doSend(batch) : true
  }

  /** See {@link Connection.close}. */
  close(code: number, reason: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.doClose(code, closeReason(reason))
  }

  /** See {@link Connection.abort}. */
  abort(error: Error): void {
    if (this.#state === 'closed') return
    this.doAbort(error)
    this.ended(1006, '')
  }

  /** See {@link Connection.pause}. */
  pause(): void {
    if (this.#state !== 'closed') this.doPause()
  }

  /** See {@link Connection.resume}. */
  resume(): void {
    if (this.#state !== 'closed') this.doResume()
  }

  /** See {@link Connection.limitReceive}. Has no effect unless the transport overrides it. */
  limitReceive(_bytes: number | null): void {}

  /**
   * Writes a batch to the socket and returns the result of {@link Connection.send}. Called only while the
   * connection is open.
   */
  protected abstract doSend(batch: Transmission): boolean
  /**
   * Starts a graceful close, with a reason that fits into a close frame. Called once, while the connection is
   * open. The transport MUST call `ended` afterwards, at the latest after a timeout.
   */
  protected abstract doClose(code: number, reason: string): void
  /** Destroys the socket. */
  protected abstract doAbort(error: Error): void
  /** Stops reading from the socket. */
  protected abstract doPause(): void
  /** Continues reading from the socket. */
  protected abstract doResume(): void

  /**
   * Delivers a transmission; called by the transport. Transmissions that arrive during a close are delivered
   * too, and the sink decides about them.
   */
  protected receive(transmission: string | Uint8Array): void {
    if (this.#state === 'closed') return
    if (this.#sink !== null) return this.#sink.receive(transmission)
    this.#early ??= []
    this.#early.push(transmission)
  }

  /** Reports that the socket is writable again; called by the transport. */
  protected drained(): void {
    if (this.#state !== 'closed') this.#sink?.drain()
  }

  /** Reports the end of the socket for any cause; called by the transport. Only the first call counts. */
  protected ended(code: number = normalClose, reason = ''): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#end = { code, reason }
    this.#sink?.closed(code, reason)
  }
}
