import type { Hub } from '@chat/core'
import type { World } from '@chat/testing'
import { ConnectionMonitor } from './connection-monitor.ts'
import { MonitoredConnection } from './monitored-connection.ts'

/** What a hub may not exceed; what is left out is not looked at. */
export interface MonitorBounds {
  /** Bytes that wait for one connection. */
  readonly waiting?: number
  /** Messages that an attachment may replay. */
  readonly replay?: number
  /** Milliseconds for which an open connection may take nothing of what waits for it. */
  readonly stalled?: number
  /** Milliseconds for which a connection may stay open after its session has gone on with another. */
  readonly replaced?: number
  /** Milliseconds for which nothing may be heard on an open connection. */
  readonly silent?: number
}

const pollInterval = 500

/**
 * Watches what hubs say on their connections, frame by frame. A client mends most of what a hub does wrong,
 * so what its application sees tells little of the hub: here the hub itself is held to its promises.
 */
export class ProtocolMonitor {
  readonly w: World
  readonly bounds: MonitorBounds
  /** How often clients have asked to join, besides in a `hello`. */
  joins = 0
  /** How often a hub has answered that it knew a message already. */
  repeated = 0
  /** The newest conversation of each session. */
  readonly newest: Map<string, ConnectionMonitor> = new Map()
  /** When each hub first said each message, by hub and stream, and by offset. */
  readonly #said = new Map<string, Map<number, number>>()
  readonly #wrong: string[] = []

  constructor(w: World, bounds: MonitorBounds) {
    this.w = w
    this.bounds = bounds
    w.invariant('wire', () => this.#wrong[0] ?? true)
  }

  /** Watches the connections of a hub from now on. */
  watchHub(hub: Hub): void {
    const accept = hub.accept.bind(hub)
    hub.accept = (connection, handshake) => {
      const conversation = new ConnectionMonitor(this, hub.node)
      const watched = new MonitoredConnection(connection, conversation)
      const { stalled, silent } = this.bounds
      if (stalled !== undefined || silent !== undefined) this.#glanceAt(watched, conversation)
      accept(watched, handshake)
    }
  }

  /** Something that no hub may do. */
  addViolation(what: string): void {
    this.#wrong.push(what)
  }

  /** A session goes on with another connection: the older one must end. */
  sessionReplaced(older: ConnectionMonitor): void {
    const { replaced } = this.bounds
    if (replaced === undefined) return
    this.w.runtime(`the eye on ${older.hub}`).timer(replaced, () => {
      if (!older.isEnding)
        this.addViolation(`${older.label} is kept, though its session goes on with another (P-HS-5)`)
    })
  }

  /** For how many milliseconds a hub has been saying a message, which it says to somebody now. */
  sentSince(stream: string, at: number): number {
    const said = this.#said.get(stream) ?? new Map<number, number>()
    this.#said.set(stream, said)
    const first = said.get(at) ?? this.w.now
    said.set(at, first)
    return this.w.now - first
  }

  /** Whether a hub has said a message to anyone. */
  hasSent(stream: string, at: number): boolean {
    return this.#said.get(stream)?.has(at) === true
  }

  /**
   * Looks now and then whether a connection takes something of what waits for it, and whether something is
   * heard on it.
   */
  #glanceAt(connection: MonitoredConnection, conversation: ConnectionMonitor): void {
    const runtime = this.w.runtime(`the eye on ${conversation.hub}`)
    const { stalled = Number.POSITIVE_INFINITY, silent = Number.POSITIVE_INFINITY } = this.bounds
    const taken = { buffered: 0, at: runtime.now() }
    const heard = { received: 0, at: runtime.now() }
    const look = (): void => {
      if (conversation.isEnding) return
      const { bufferedAmount, received } = connection
      const now = runtime.now()
      if (bufferedAmount === 0 || bufferedAmount < taken.buffered) taken.at = now
      if (received !== heard.received) heard.at = now
      taken.buffered = bufferedAmount
      heard.received = received
      if (now - taken.at > stalled)
        this.addViolation(`${conversation.label} takes nothing for ${stalled} ms and is kept`)
      else if (now - heard.at > silent)
        this.addViolation(`${conversation.label} is silent for ${silent} ms and is kept`)
      else runtime.timer(pollInterval, look)
    }
    look()
  }
}
