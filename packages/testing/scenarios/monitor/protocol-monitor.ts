import type { Hub } from '@chat/core'
import type { World } from '@chat/testing'
import { ConnectionMonitor } from './connection-monitor.ts'
import { MonitoredConnection } from './monitored-connection.ts'

/** Bounds that a hub must keep. A bound that is left out is not checked. */
export interface MonitorBounds {
  /** Maximum number of bytes that wait for a connection. */
  readonly waiting?: number
  /** Maximum number of messages in a replay. */
  readonly replay?: number
  /** Maximum milliseconds for which an open connection takes none of its waiting bytes. */
  readonly stalled?: number
  /** Maximum milliseconds for which a connection stays open after its session went on with another connection. */
  readonly replaced?: number
  /** Maximum milliseconds without a transmission on an open connection. */
  readonly silent?: number
}

const pollInterval = 500

/**
 * Watches the frames of hubs on their connections. Clients repair most faults of a hub, so that applications
 * see few of them. The monitor checks the hub itself against the protocol.
 */
export class ProtocolMonitor {
  readonly w: World
  readonly bounds: MonitorBounds
  /** Number of joins that clients have requested outside of a `hello`. */
  joins = 0
  /** Number of answers that named a known message. */
  repeated = 0
  /** Newest connection of each session. */
  readonly newest: Map<string, ConnectionMonitor> = new Map()
  /** Time at which each hub first sent each message, by hub and log, and by offset. */
  readonly #sent = new Map<string, Map<number, number>>()
  readonly #wrong: string[] = []

  constructor(w: World, bounds: MonitorBounds) {
    this.w = w
    this.bounds = bounds
    w.invariant('wire', () => this.#wrong[0] ?? true)
  }

  /** Watches all later connections of a hub. */
  watchHub(hub: Hub): void {
    const accept = hub.accept.bind(hub)
    hub.accept = (connection, handshake) => {
      const connectionMonitor = new ConnectionMonitor(this, hub.node)
      const watched = new MonitoredConnection(connection, connectionMonitor)
      const { stalled, silent } = this.bounds
      if (stalled !== undefined || silent !== undefined) this.#checkRegularly(watched, connectionMonitor)
      accept(watched, handshake)
    }
  }

  /** Adds a violation of the protocol. */
  addViolation(detail: string): void {
    this.#wrong.push(detail)
  }

  /** Notes that a session went on with another connection, so the older connection must end. */
  sessionReplaced(older: ConnectionMonitor): void {
    const { replaced } = this.bounds
    if (replaced === undefined) return
    this.w.runtime(`monitor of ${older.hub}`).timer(replaced, () => {
      if (!older.isEnding)
        this.addViolation(`${older.label} is kept, though its session goes on with another (P-HS-5)`)
    })
  }

  /** Returns the milliseconds since a hub first sent a message, and notes a message that is new. */
  sentSince(stream: string, at: number): number {
    const sent = this.#sent.get(stream) ?? new Map<number, number>()
    this.#sent.set(stream, sent)
    const first = sent.get(at) ?? this.w.now
    sent.set(at, first)
    return this.w.now - first
  }

  /** Returns `true` when a hub has sent a message to any client. */
  hasSent(stream: string, at: number): boolean {
    return this.#sent.get(stream)?.has(at) === true
  }

  /** Checks regularly that a connection takes its waiting bytes, and that transmissions arrive on it. */
  #checkRegularly(connection: MonitoredConnection, connectionMonitor: ConnectionMonitor): void {
    const runtime = this.w.runtime(`monitor of ${connectionMonitor.hub}`)
    const { stalled = Number.POSITIVE_INFINITY, silent = Number.POSITIVE_INFINITY } = this.bounds
    const taken = { buffered: 0, at: runtime.now() }
    const heard = { received: 0, at: runtime.now() }
    const look = (): void => {
      if (connectionMonitor.isEnding) return
      const { bufferedAmount, received } = connection
      const now = runtime.now()
      if (bufferedAmount === 0 || bufferedAmount < taken.buffered) taken.at = now
      if (received !== heard.received) heard.at = now
      taken.buffered = bufferedAmount
      heard.received = received
      if (now - taken.at > stalled)
        this.addViolation(`${connectionMonitor.label} takes nothing for ${stalled} ms and is kept`)
      else if (now - heard.at > silent)
        this.addViolation(`${connectionMonitor.label} is silent for ${silent} ms and is kept`)
      else runtime.timer(pollInterval, look)
    }
    look()
  }
}
