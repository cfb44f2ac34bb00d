import { Batch, type Connection, Frame, type Handshake, type Sink } from '@chat/core/transport'
import { excerptOf } from './excerpt.ts'

/** What one end of a link has seen. */
export type LinkEvent =
  /** A transmission; a long one as its beginning, length and hash, a binary one as `bytes:` and their number. */
  | { readonly type: 'receive'; readonly text: string }
  /** A `send` of this end answered `false`. */
  | { readonly type: 'blocked' }
  | { readonly type: 'drain' }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }

/** How one end stands. */
export interface PeerStatus {
  readonly protocol: string
  readonly bufferedAmount: number
  readonly received: number
}

/**
 * One end of a link, wherever it lives. In the suite's own process it is a {@link LocalPeer}; for a server in another one, such as behind a browser, it is written
 * over whatever reaches that process, with a `LocalPeer` at the other end.
 */
export interface Peer {
  /** Writes each text as one transmission, all in one turn; answers what `Connection.send` did. */
  send(texts: readonly string[]): Promise<readonly boolean[]>
  /** Calls `Connection.close`. */
  close(code: number, reason: string): Promise<void>
  /** Calls `Connection.abort`. */
  abort(): Promise<void>
  /** Calls `Connection.pause`. */
  pause(): Promise<void>
  /** Calls `Connection.resume`. */
  resume(): Promise<void>
  /** What has happened on this end, in its order, without the first `from` events. */
  events(from: number): Promise<readonly LinkEvent[]>
  /** How this end stands now. */
  status(): Promise<PeerStatus>
}

/** An end whose connection is in this process. It takes what arrives and remembers it. */
export class LocalPeer implements Peer, Sink {
  readonly connection: Connection
  /** What has happened so far. */
  readonly log: LinkEvent[] = []
  /** Called with each event, inside the sink's call. Must not throw. */
  reaction: ((event: LinkEvent) => void) | null = null

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Starts to take what arrives. */
  attach(): this {
    this.connection.attach(this)
    return this
  }

  receive(transmission: string | Uint8Array): void {
    const text =
      typeof transmission === 'string' ? excerptOf(transmission) : `bytes: ${transmission.byteLength}`
    this.#add({ type: 'receive', text })
  }

  drain(): void {
    this.#add({ type: 'drain' })
  }

  closed(code: number, reason: string): void {
    this.#add({ type: 'closed', code, reason })
  }

  /** Writes a batch; answers as `Connection.send`. */
  write(batch: Batch): boolean {
    const taken = this.connection.send(batch)
    if (!taken) this.#add({ type: 'blocked' })
    return taken
  }

  async send(texts: readonly string[]): Promise<readonly boolean[]> {
    return texts.map((text) => this.write(Batch.root().append(new Frame(text))))
  }

  async close(code: number, reason: string): Promise<void> {
    this.connection.close(code, reason)
  }

  async abort(): Promise<void> {
    this.connection.abort(new Error('the test gave it up'))
  }

  async pause(): Promise<void> {
    this.connection.pause()
  }

  async resume(): Promise<void> {
    this.connection.resume()
  }

  async events(from: number): Promise<readonly LinkEvent[]> {
    return this.log.slice(from)
  }

  async status(): Promise<PeerStatus> {
    const { protocol, bufferedAmount, received } = this.connection
    return { protocol, bufferedAmount, received }
  }

  #add(event: LinkEvent): void {
    this.log.push(event)
    this.reaction?.(event)
  }
}

/** A server's end of a link, and what it knew before the first word. */
export interface AcceptedPeer {
  readonly peer: Peer
  readonly handshake: Handshake
}

/** How a server of one case behaves. Everything in it can be sent as JSON. */
export interface StartOptions {
  /** The subprotocols that the server speaks. */
  readonly subprotocols: readonly string[]
  /** What it sends, in the very turn in which it is handed a connection. */
  readonly greeting: readonly string[]
  /** How it closes, right after the greeting; `null` when it does not. */
  readonly farewell: { readonly code: number; readonly reason: string } | null
}

/** Stands for a hub: takes connections as a server's end, in the turn in which it is handed them, and gives them out one by one. */
export class RecordingHost {
  readonly subprotocols: readonly string[]
  readonly #options: StartOptions
  readonly #peers: LocalPeer[] = []
  readonly #untaken: AcceptedPeer[] = []
  readonly #waiting: ((accepted: AcceptedPeer) => void)[] = []

  constructor(options: StartOptions) {
    this.#options = options
    this.subprotocols = options.subprotocols
  }

  /** How many connections have not ended. */
  get open(): number {
    return this.#peers.filter(({ log }) => log.at(-1)?.type !== 'closed').length
  }

  /** Every end it was handed, in their order. */
  get peers(): readonly LocalPeer[] {
    return this.#peers
  }

  /** What a transport calls with each connection. */
  accept(connection: Connection, handshake: Handshake): void {
    const peer = new LocalPeer(connection).attach()
    this.#peers.push(peer)
    const { greeting, farewell } = this.#options
    for (const text of greeting) peer.write(Batch.root().append(new Frame(text)))
    if (farewell !== null) connection.close(farewell.code, farewell.reason)
    const accepted = { peer, handshake }
    const taker = this.#waiting.shift()
    if (taker === undefined) this.#untaken.push(accepted)
    else taker(accepted)
  }

  /** The next connection that nobody has taken yet. */
  next(): Promise<AcceptedPeer> {
    const accepted = this.#untaken.shift()
    if (accepted !== undefined) return Promise.resolve(accepted)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
