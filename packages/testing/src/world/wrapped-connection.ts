import type { Connection, Sink, Transmission, TransportCapabilities } from '@chat/core/transport'

/** A connection that passes all calls on to an inner connection; subclasses override some of them. */
export class WrappedConnection implements Connection {
  readonly #inner: Connection

  constructor(inner: Connection) {
    this.#inner = inner
  }

  attach(sink: Sink): void {
    this.#inner.attach(sink)
  }

  send(batch: Transmission): boolean {
    return this.#inner.send(batch)
  }

  close(code: number, reason: string): void {
    this.#inner.close(code, reason)
  }

  abort(error: Error): void {
    this.#inner.abort(error)
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  limitReceive(bytes: number | null): void {
    this.#inner.limitReceive(bytes)
  }

  get bufferedAmount(): number {
    return this.#inner.bufferedAmount
  }

  get received(): number {
    return this.#inner.received
  }

  get protocol(): string {
    return this.#inner.protocol
  }

  get capabilities(): TransportCapabilities {
    return this.#inner.capabilities
  }

  get extra(): unknown {
    return this.#inner.extra
  }
}
