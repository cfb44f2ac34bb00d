import { Batch, type Connection, type Dialer, Frame } from '@chat/core/transport'
import { ConformanceError } from '../check.ts'
import { createAborter } from '../transport/fixture.ts'
import type { ProtocolSocket } from './socket.ts'

interface MessageEvent {
  readonly data: unknown
}

interface CloseEvent {
  readonly code: number
  readonly reason: string
}

/** A WebSocket over a connection of a transport of `@chat/core`, which carries text alone. */
class DialledSocket implements ProtocolSocket {
  readonly #listeners = {
    open: [] as (() => void)[],
    error: [] as (() => void)[],
    message: [] as ((event: MessageEvent) => void)[],
    close: [] as ((event: CloseEvent) => void)[],
  }
  #connection: Connection | null = null

  constructor(dialled: Promise<Connection>) {
    dialled.then(
      (connection) => this.#open(connection),
      () => this.#ended(1006, ''),
    )
  }

  send(transmission: string | Uint8Array): void {
    if (typeof transmission !== 'string')
      throw new ConformanceError('the transport carries text alone: name `binary` in `lacks`')
    this.#connection?.send(Batch.root().append(new Frame(transmission)))
  }

  close(code = 1000, reason = ''): void {
    this.#connection?.close(code, reason)
  }

  terminate(): void {
    this.#connection?.abort(new Error('the case is over'))
  }

  pause(): void {
    this.#connection?.pause()
  }

  resume(): void {
    this.#connection?.resume()
  }

  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  addEventListener(type: 'close', listener: (event: CloseEvent) => void): void
  addEventListener(type: 'open' | 'error' | 'message' | 'close', listener: (event: never) => void): void {
    const listeners = this.#listeners[type] as ((event: never) => void)[]
    listeners.push(listener)
  }

  #open(connection: Connection): void {
    this.#connection = connection
    connection.attach({
      receive: (data) => {
        for (const listener of this.#listeners.message) listener({ data })
      },
      drain: () => {},
      closed: (code, reason) => this.#ended(code, reason),
    })
    for (const listener of this.#listeners.open) listener()
  }

  #ended(code: number, reason: string): void {
    for (const listener of this.#listeners.close) listener({ code, reason })
  }
}

/**
 * Opens a connection of a transport of `@chat/core`, such as HTTP or memory, and returns it as a WebSocket
 * for the suite. The harness then lacks `binary`, and `pause` when the transport cannot stop reading.
 */
export const dialledSocket = (dial: Dialer, protocols: readonly string[]): ProtocolSocket =>
  new DialledSocket(dial({ protocols, signal: createAborter().signal }))
