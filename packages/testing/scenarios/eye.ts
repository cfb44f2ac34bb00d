import type { Hub } from '@chat/core'
import type { World } from '@chat/testing'
import { Conversation } from './conversation.ts'
import { WatchedConnection } from './watched-connection.ts'

/** What a hub may not exceed; what is left out is not looked at. */
export interface Bounds {
  /** Bytes that wait for one connection. */
  readonly waiting?: number
  /** Messages that an attachment may replay. */
  readonly replay?: number
  /** Milliseconds for which an open connection may take nothing of what waits for it. */
  readonly stalled?: number
}

const glance = 500

/**
 * Watches what hubs say on their connections, frame by frame. A client mends most of what a hub does wrong, so what its application sees tells little of
 * the hub: here the hub itself is held to its promises.
 */
export class Eye {
  readonly w: World
  readonly bounds: Bounds
  /** How often clients have asked to join, besides in a `hello`. */
  joins = 0
  /** How often a hub has answered that it knew a message already. */
  repeated = 0
  /** The newest conversation of each session. */
  readonly newest: Map<string, Conversation> = new Map()
  /** When each hub first said each message, by hub and stream, and by offset. */
  readonly #said = new Map<string, Map<number, number>>()
  readonly #wrong: string[] = []

  constructor(w: World, bounds: Bounds) {
    this.w = w
    this.bounds = bounds
    w.invariant('wire', () => this.#wrong[0] ?? true)
  }

  /** Watches the connections of a hub from now on. */
  watch(hub: Hub): void {
    const accept = hub.accept.bind(hub)
    hub.accept = (connection, handshake) => {
      const conversation = new Conversation(this, hub.node)
      const watched = new WatchedConnection(connection, conversation)
      if (this.bounds.stalled !== undefined) this.#glanceAt(watched, conversation, this.bounds.stalled)
      accept(watched, handshake)
    }
  }

  /** Something that no hub may do. */
  wrong(what: string): void {
    this.#wrong.push(what)
  }

  /** For how many milliseconds a hub has been saying a message, which it says to somebody now. */
  saying(stream: string, at: number): number {
    const said = this.#said.get(stream) ?? new Map<number, number>()
    this.#said.set(stream, said)
    const first = said.get(at) ?? this.w.now
    said.set(at, first)
    return this.w.now - first
  }

  /** Whether a hub has said a message to anyone. */
  hasSaid(stream: string, at: number): boolean {
    return this.#said.get(stream)?.has(at) === true
  }

  /** Looks now and then whether a connection takes something of what waits for it. */
  #glanceAt(connection: WatchedConnection, conversation: Conversation, patience: number): void {
    const runtime = this.w.runtime(`the eye on ${conversation.hub}`)
    let before = 0
    let since = runtime.now()
    const look = (): void => {
      if (conversation.ended) return
      const { bufferedAmount } = connection
      if (bufferedAmount === 0 || bufferedAmount < before) since = runtime.now()
      before = bufferedAmount
      if (runtime.now() - since > patience)
        this.wrong(`${conversation.who} has taken nothing for ${patience} ms and is not closed`)
      else runtime.timer(glance, look)
    }
    look()
  }
}
