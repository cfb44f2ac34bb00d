import type { Runtime, Undo } from '../runtime/runtime.ts'
import { onAbort } from '../runtime/signal.ts'
import { BaseConnection } from '../transport/base-connection.ts'
import type { Batch } from '../transport/batch.ts'
import type { Connection, Dialer, Handshake, TransportCapabilities } from '../transport/connection.ts'
import { MemoryPipe } from './pipe.ts'

/** Who takes the connections that are dialled; a `Hub` fits. */
export interface MemoryHost {
  readonly subprotocols: readonly string[]
  accept(connection: Connection, handshake: Handshake): void
}

/** How a {@link MemoryNetwork} behaves. */
export interface MemoryNetworkOptions {
  /** Milliseconds one way takes, asked anew for each transmission. Default: 0, which still is never in the same call. */
  readonly latency?: () => number
}

/** What a client in memory presents itself with; what is left out is empty. */
export interface MemoryDialOptions extends Partial<Handshake> {
  /** The way it takes; the same for all its connections. Default: a way of its own, without faults. */
  readonly link?: MemoryLink
}

const capabilities: TransportCapabilities = {
  name: 'memory',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: true,
}

/** How long a close waits for a peer that does not answer. */
const closePatience = 5_000

/**
 * The way between one client and its hubs. It can be cut, and restored.
 */
export class MemoryLink {
  #up = true
  readonly #connections = new Set<Connection>()

  /** Whether connections can be made. */
  get up(): boolean {
    return this.#up
  }

  /** Cuts the way: what is open is reset on both sides, and dialling is refused, until {@link MemoryLink.restore}. */
  cut(): void {
    this.#up = false
    for (const connection of this.#connections) connection.abort(new Error('the link was cut'))
  }

  restore(): void {
    this.#up = true
  }

  /** @internal */
  add(connection: Connection): void {
    this.#connections.add(connection)
  }

  /** @internal */
  delete(connection: Connection): void {
    this.#connections.delete(connection)
  }
}

/**
 * A network in memory: hubs listen under a name, clients dial it. An instance, never a module-level map: two networks know nothing of
 * each other. Under a virtual clock it is the simulator's network.
 */
export class MemoryNetwork {
  readonly #runtime: Runtime
  readonly #latency: () => number
  readonly #hosts = new Map<string, MemoryHost>()

  constructor(runtime: Runtime, options: MemoryNetworkOptions = {}) {
    this.#runtime = runtime
    this.#latency = options.latency ?? (() => 0)
  }

  /**
   * Takes what is dialled under this name; the undo stops it, and leaves open connections alone.
   *
   * @throws RangeError when somebody listens there already.
   */
  listen(name: string, host: MemoryHost): Undo {
    if (this.#hosts.has(name)) throw new RangeError(`unable to listen at '${name}': somebody does already`)
    this.#hosts.set(name, host)
    return () => {
      if (this.#hosts.get(name) === host) this.#hosts.delete(name)
    }
  }

  /** What connects a client to the hub of this name. */
  dialer(name: string, options: MemoryDialOptions = {}): Dialer {
    const { link = new MemoryLink(), ...handshake } = options
    return ({ protocols, signal }) =>
      new Promise((resolve, reject) => {
        const ignore = onAbort(signal, reject)
        this.#runtime.timer(this.#latency(), () => {
          ignore()
          const host = this.#hosts.get(name)
          if (host === undefined || !link.up)
            reject(
              new Error(`unable to dial '${name}': ${link.up ? 'nobody listens there' : 'the link is cut'}`),
            )
          else resolve(this.#connect(host, link, protocols, handshake))
        })
      })
  }

  #connect(
    host: MemoryHost,
    link: MemoryLink,
    offered: readonly string[],
    given: Partial<Handshake>,
  ): Connection {
    const protocol = offered.find((name) => host.subprotocols.includes(name)) ?? ''
    const [near, far] = MemoryConnection.pair(this.#runtime, this.#latency, protocol, (connection) =>
      link.delete(connection),
    )
    link.add(near)
    link.add(far)
    host.accept(far, {
      path: '/',
      params: {},
      query: {},
      headers: {},
      cookies: {},
      origin: null,
      remoteAddress: 'memory',
      ...given,
    })
    return near
  }
}

/** One end of a connection in memory. */
class MemoryConnection extends BaseConnection {
  static pair(
    runtime: Runtime,
    latency: () => number,
    protocol: string,
    ended: (connection: Connection) => void,
  ): [MemoryConnection, MemoryConnection] {
    const a = new MemoryConnection(runtime, latency, protocol, ended)
    const b = new MemoryConnection(runtime, latency, protocol, ended)
    a.#peer = b
    b.#peer = a
    return [a, b]
  }

  readonly capabilities = capabilities
  readonly #runtime: Runtime
  readonly #pipe: MemoryPipe
  readonly #forget: (connection: Connection) => void
  #peer: MemoryConnection = this
  #received = 0
  #patience: Undo | null = null

  private constructor(
    runtime: Runtime,
    latency: () => number,
    protocol: string,
    forget: (connection: Connection) => void,
  ) {
    super(protocol, null)
    this.#runtime = runtime
    this.#forget = forget
    this.#pipe = new MemoryPipe(runtime, latency, () => this.drained())
  }

  get bufferedAmount(): number {
    return this.#pipe.bufferedAmount
  }

  get received(): number {
    return this.#received
  }

  protected doSend(batch: Batch): boolean {
    const { text, bytes } = batch
    return this.#pipe.push(bytes, () => this.#peer.arrive(text, bytes))
  }

  protected doClose(code: number, reason: string): void {
    this.#patience = this.#runtime.timer(closePatience, () => this.#finish(1006, ''))
    this.#pipe.push(0, () => this.#peer.hearClose(code, reason))
  }

  protected doAbort(): void {
    this.#pipe.destroy()
    const peer = this.#peer
    // The reset overtakes what is on the way, and still takes its time.
    this.#runtime.timer(0, () => peer.#finish(1006, ''))
    this.#release()
  }

  protected doPause(): void {
    this.#peer.#pipe.pause()
  }

  protected doResume(): void {
    this.#peer.#pipe.resume()
  }

  private arrive(text: string, bytes: number): void {
    this.#received += bytes
    this.receive(text)
  }

  /** The peer has closed: this end is closed too, and the peer learns that it knows. */
  private hearClose(code: number, reason: string): void {
    const peer = this.#peer
    this.#pipe.push(0, () => peer.#finish(code, reason))
    this.#finish(code, reason)
  }

  #finish(code: number, reason: string): void {
    if (this.state === 'closed') return
    this.#release()
    this.ended(code, reason)
  }

  #release(): void {
    this.#patience?.()
    this.#forget(this)
  }
}
