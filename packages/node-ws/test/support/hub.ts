import { Hub, type Limits } from '@chat/core'
import {
  Batch,
  type Connection,
  Frame,
  type Handshake,
  type Sink,
  type TransportHub,
} from '@chat/core/transport'

/** A connection on the hub's side, with all its events. */
export interface Accepted {
  readonly connection: Connection
  readonly handshake: Handshake
  readonly received: (string | Uint8Array)[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  /** Number of calls of `closed`. */
  ends: number
  drains: number
  /** Resolves with the next unread transmission. */
  next(): Promise<string | Uint8Array>
  send(text: string): boolean
}

/** Replaces the hub in tests of the transport alone. */
export class StandIn implements TransportHub {
  readonly accepted: Accepted[] = []
  readonly subprotocols: readonly string[]
  readonly limits: Limits
  closing = false
  readonly #waiting: ((accepted: Accepted) => void)[] = []

  constructor(options: { subprotocols?: readonly string[]; transmission?: number } = {}) {
    this.subprotocols = options.subprotocols ?? ['chat.v1.json']
    this.limits = { ...new Hub().limits, transmission: options.transmission ?? 256 * 1024 }
  }

  readonly errors: { readonly error: unknown; readonly option: string }[] = []

  reportError(error: unknown, option: string): void {
    this.errors.push({ error, option })
  }

  checkAdmission(): null {
    return null
  }

  accept(connection: Connection, handshake: Handshake): void {
    const accepted = watch(connection, handshake)
    this.accepted.push(accepted)
    this.#waiting.shift()?.(accepted)
  }

  /** Resolves with the next connection. Call it before the connection is made. */
  next(): Promise<Accepted> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** Attaches to a connection and records its events. */
export function watch(connection: Connection, handshake: Handshake): Accepted {
  let ended: (end: { code: number; reason: string }) => void = () => {}
  const waiting: ((transmission: string | Uint8Array) => void)[] = []
  const untaken: (string | Uint8Array)[] = []
  const accepted: Accepted = {
    connection,
    handshake,
    received: [],
    closed: new Promise((resolve) => {
      ended = resolve
    }),
    ends: 0,
    drains: 0,
    next: () =>
      new Promise((resolve) => {
        const transmission = untaken.shift()
        if (transmission === undefined) waiting.push(resolve)
        else resolve(transmission)
      }),
    send: (text) => connection.send(batchOf(text)),
  }
  const sink: Sink = {
    receive(transmission) {
      accepted.received.push(transmission)
      const taker = waiting.shift()
      if (taker === undefined) untaken.push(transmission)
      else taker(transmission)
    },
    drain() {
      accepted.drains++
    },
    closed(code, reason) {
      accepted.ends++
      ended({ code, reason })
    },
  }
  connection.attach(sink)
  return accepted
}

export const batchOf = (text: string): Batch => Batch.root().append(new Frame(text))
