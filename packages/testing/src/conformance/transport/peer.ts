import { Hub } from '@chat/core'
import {
  Batch,
  type Connection,
  Frame,
  type Handshake,
  type Refusal,
  type Sink,
  type TransportHub,
} from '@chat/core/transport'
import { excerptOf } from './excerpt.ts'

/** An event at an end of a link. */
export type LinkEvent =
  /**
   * A transmission arrived: its text, the beginning, length and hash of a long text, or `bytes:` and the
   * length of binary data.
   */
  | { readonly type: 'receive'; readonly text: string }
  /** A `send` of this end returned `false`. */
  | { readonly type: 'blocked' }
  | { readonly type: 'drain' }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }

/** The properties of an end's connection. */
export interface PeerStatus {
  /** Value of `Connection.protocol`. */
  readonly protocol: string
  /** Value of `Connection.bufferedAmount`, in bytes. */
  readonly bufferedAmount: number
  /** Value of `Connection.received`. */
  readonly received: number
}

/**
 * An end of a link, in any process. In the suite's own process it is a {@link LocalPeer}. For a server in
 * another process, as behind a browser, it is a proxy for a `LocalPeer` in that process.
 */
export interface Peer {
  /**
   * Writes each text as a transmission, all in the same turn, and resolves with the results of
   * `Connection.send`.
   */
  send(texts: readonly string[]): Promise<readonly boolean[]>
  /** Calls `Connection.close`. */
  close(code: number, reason: string): Promise<void>
  /** Calls `Connection.abort`. */
  abort(): Promise<void>
  /** Calls `Connection.pause`. */
  pause(): Promise<void>
  /** Calls `Connection.resume`. */
  resume(): Promise<void>
  /** Resolves with the events of this end in their order, without the first `from` events. */
  events(from: number): Promise<readonly LinkEvent[]>
  /** Resolves with the properties of the connection at this moment. */
  status(): Promise<PeerStatus>
}

/** An end whose connection is in this process. It records all events. */
export class LocalPeer implements Peer, Sink {
  /** Connection of this end. */
  readonly connection: Connection
  /** Events so far. */
  readonly log: LinkEvent[] = []
  /** Called with each event, inside the sink's call. Must not throw. Default: `null`. */
  reaction: ((event: LinkEvent) => void) | null = null

  /** Makes the end of a connection; call {@link LocalPeer.attach} next. */
  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Attaches this end to its connection as the sink. */
  attach(): this {
    this.connection.attach(this)
    return this
  }

  /** Records a transmission. */
  receive(transmission: string | Uint8Array): void {
    const text =
      typeof transmission === 'string' ? excerptOf(transmission) : `bytes: ${transmission.byteLength}`
    this.#add({ type: 'receive', text })
  }

  /** Records a drain. */
  drain(): void {
    this.#add({ type: 'drain' })
  }

  /** Records the end of the connection. */
  closed(code: number, reason: string): void {
    this.#add({ type: 'closed', code, reason })
  }

  /** Writes a batch, and returns the result of `Connection.send`. */
  write(batch: Batch): boolean {
    const taken = this.connection.send(batch)
    if (!taken) this.#add({ type: 'blocked' })
    return taken
  }

  /**
   * Writes each text as a transmission, all in the same turn, and resolves with the results of
   * `Connection.send`.
   */
  async send(texts: readonly string[]): Promise<readonly boolean[]> {
    return texts.map((text) => this.write(Batch.root().append(new Frame(text))))
  }

  /** Calls `Connection.close`. */
  async close(code: number, reason: string): Promise<void> {
    this.connection.close(code, reason)
  }

  /** Calls `Connection.abort`. */
  async abort(): Promise<void> {
    this.connection.abort(new Error('unable to go on: the test aborted the connection'))
  }

  /** Calls `Connection.pause`. */
  async pause(): Promise<void> {
    this.connection.pause()
  }

  /** Calls `Connection.resume`. */
  async resume(): Promise<void> {
    this.connection.resume()
  }

  /** Resolves with the events in their order, without the first `from` events. */
  async events(from: number): Promise<readonly LinkEvent[]> {
    return this.log.slice(from)
  }

  /** Resolves with the properties of the connection at this moment. */
  async status(): Promise<PeerStatus> {
    const { protocol, bufferedAmount, received } = this.connection
    return { protocol, bufferedAmount, received }
  }

  #add(event: LinkEvent): void {
    this.log.push(event)
    this.reaction?.(event)
  }
}

/** A server's end of a link, with the handshake. */
export interface AcceptedPeer {
  /** End of the link. */
  readonly peer: Peer
  /** Handshake that the transport handed to the hub. */
  readonly handshake: Handshake
}

/** Options of the server of a case, which can be sent as JSON. */
export interface StartOptions {
  /** Subprotocols that the server speaks. */
  readonly subprotocols: readonly string[]
  /** Texts that the server sends in the turn in which it accepts a connection. */
  readonly greeting: readonly string[]
  /** Close code and reason that the server closes with, right after the greeting; `null` to stay open. */
  readonly farewell: { readonly code: number; readonly reason: string } | null
}

/**
 * A stand-in for a hub: accepts connections as a server's ends, in the turn in which the transport hands them
 * over, and gives them out one by one.
 */
export class RecordingHub implements TransportHub {
  /** True if the hub shuts down. A test sets it; the recording hub itself goes on. Default: `false`. */
  closing = false
  /** Sizes in bytes that a transport has to know. Default: those of a `Hub` without options. */
  readonly limits: TransportHub['limits']
  /** Subprotocols that the hub speaks. */
  readonly subprotocols: readonly string[]
  /** Errors that a transport has reported, with the names of its options. */
  readonly errors: { readonly error: unknown; readonly option: string }[] = []
  /** Refusal of further connections. A test sets it. Default: `null`, every connection is admitted. */
  refusal: Refusal | null = null
  readonly #options: StartOptions
  readonly #peers: LocalPeer[] = []
  readonly #untaken: AcceptedPeer[] = []
  readonly #waiting: ((accepted: AcceptedPeer) => void)[] = []

  /** Makes a hub that behaves as the options say; `limits` replaces default limits. */
  constructor(options: StartOptions, limits: Partial<TransportHub['limits']> = {}) {
    this.limits = { ...new Hub().limits, ...limits }
    this.#options = options
    this.subprotocols = options.subprotocols
  }

  /** Number of connections that have not ended. */
  get open(): number {
    return this.#peers.filter(({ log }) => log.at(-1)?.type !== 'closed').length
  }

  /** All ends, in the order of their connections. */
  get peers(): readonly LocalPeer[] {
    return this.#peers
  }

  /** Returns {@link RecordingHub.refusal}. */
  checkAdmission(): Refusal | null {
    return this.refusal
  }

  /** Keeps the errors that a transport reports. */
  reportError(error: unknown, option: string): void {
    this.errors.push({ error, option })
  }

  /** Called by the transport with each connection. */
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

  /** Resolves with the next connection, in their order; each is given out once. */
  next(): Promise<AcceptedPeer> {
    const accepted = this.#untaken.shift()
    if (accepted !== undefined) return Promise.resolve(accepted)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
