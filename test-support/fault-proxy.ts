import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Faults of one direction of all connections. A change takes effect at once, also for bytes under way. */
export class Way {
  /** Delay of each byte, in milliseconds. */
  latency = 0
  /** Maximum size of a piece that arrives at once, in bytes. */
  slice: number = Number.POSITIVE_INFINITY
  /** Bandwidth of each connection, in bytes a second. */
  bandwidth: number = Number.POSITIVE_INFINITY
  /**
   * Number of further bytes after which the connection that carries them is reset, once, even inside a
   * message.
   */
  cutAfter: number = Number.POSITIVE_INFINITY
  /** Number of bytes that have passed. */
  passed = 0
  /** `true` while no byte passes. The proxy holds arriving bytes, as TCP repeats lost packets. */
  hole = false
}

/**
 * A TCP proxy that applies the faults of networks to its connections. It delays bytes, splits them, holds
 * them back, and ends connections in every possible way. Like TCP, it never changes, reorders or omits a byte
 * that it delivers.
 */
export class FaultProxy {
  /** Direction from the clients to the server. */
  readonly up: Way = new Way()
  /** Direction from the server to the clients. */
  readonly down: Way = new Way()
  /** Port of 127.0.0.1 to which new connections lead. */
  target: number
  /** `true` while new connections are reset at once. */
  refusing = false
  /** Number of connections that were made, including refused connections. */
  accepted = 0
  readonly port: number
  readonly #server: Server
  readonly #links = new Set<Link>()

  private constructor(server: Server, target: number) {
    this.#server = server
    this.target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client: Socket) => this.#accept(client))
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(target: number): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultProxy(server, target)
  }

  /** Number of open connections. */
  get open(): number {
    return this.#links.size
  }

  /** Number of bytes from open connections that wait in the proxy. */
  held(way: 'up' | 'down'): number {
    return [...this.#links].reduce((sum, link) => sum + link[way].size, 0)
  }

  /**
   * Holds all bytes of one or both directions until {@link FaultProxy.heal}, on open and on new connections.
   */
  stall(way?: 'up' | 'down'): void {
    if (way !== 'down') this.up.hole = true
    if (way !== 'up') this.down.hole = true
  }

  /**
   * Holds all bytes of the connections that are open now. New connections work, as after a NAT has dropped
   * its entries.
   *
   * @param way - Direction to hold. Default: both.
   * @param ports - Ports at which the server sees the connections to hold. Default: all connections.
   */
  strand(way?: 'up' | 'down', ports?: ReadonlySet<number>): void {
    for (const { up, down, port } of this.#links) {
      if (ports !== undefined && !ports.has(port)) continue
      if (way !== 'down') up.stranded = true
      if (way !== 'up') down.stranded = true
    }
  }

  /** Releases all held bytes. They arrive late, complete and in order. */
  heal(): void {
    this.up.hole = false
    this.down.hole = false
    for (const { up, down } of this.#links) {
      up.stranded = false
      down.stranded = false
      up.pump()
      down.pump()
    }
  }

  /** Resets every open connection, at both ends. */
  reset(): void {
    for (const link of this.#links) link.reset()
  }

  /**
   * Ends one direction of every open connection, as if its sender had finished. The other direction
   * continues.
   */
  halfClose(way: 'up' | 'down'): void {
    for (const link of this.#links) link[way].end('end')
  }

  async close(): Promise<void> {
    this.#server.close()
    this.reset()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    this.accepted++
    client.on('error', ignored)
    if (this.refusing) return void client.resetAndDestroy()
    const server = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const link: Link = new Link(client, server, this)
    this.#links.add(link)
    void link.closed.then(() => this.#links.delete(link))
  }
}

/** A connection through the proxy: two sockets, and a pipe for each direction. */
class Link {
  readonly up: Pipe
  readonly down: Pipe
  readonly closed: Promise<unknown>
  readonly #sockets: readonly Socket[]
  readonly #server: Socket

  constructor(client: Socket, server: Socket, ways: { readonly up: Way; readonly down: Way }) {
    this.#sockets = [client, server]
    this.#server = server
    this.closed = Promise.all(this.#sockets.map((socket) => new Promise((end) => socket.once('close', end))))
    const cut = (): void => this.reset()
    this.up = new Pipe({ from: client, to: server, way: ways.up, cut })
    this.down = new Pipe({ from: server, to: client, way: ways.down, cut })
  }

  /** Port at which the server sees the connection. */
  get port(): number {
    return this.#server.localPort ?? 0
  }

  reset(): void {
    for (const socket of this.#sockets) reset(socket)
  }
}

interface PipeEnds {
  readonly from: Socket
  readonly to: Socket
  readonly way: Way
  /** Resets the whole connection. */
  cut(): void
}

/** Number of held bytes from which on the sender is paused. */
const window = 256 * 1024
/** Number of pieces a second in which a limited bandwidth is delivered. */
const pace = 50

/** One direction of a connection: the bytes that have arrived, in order, and the way it ended. */
class Pipe {
  stranded = false
  readonly #ends: PipeEnds
  readonly #held: { bytes: Buffer; readonly due: number }[] = []
  /** Number of waiting bytes. */
  size = 0
  #ending: 'end' | 'reset' | null = null
  /** `true` when a timer, or the receiver once it has room, will call {@link Pipe.pump}. */
  #waiting = false

  constructor(ends: PipeEnds) {
    this.#ends = ends
    const { from, to, way } = ends
    from.on('data', (bytes: Buffer) => {
      if (this.#ending !== null) return
      this.#held.push({ bytes, due: performance.now() + way.latency })
      this.size += bytes.length
      if (this.size > window) from.pause()
      this.pump()
    })
    from.on('end', () => this.end('end'))
    from.on('error', ignored)
    // Passes the failure of a socket on as a reset, as soon as the reset can pass.
    from.on('close', (failed) => failed && this.end('reset'))
    to.on('drain', this.#proceed)
  }

  /** Ends this direction after the bytes that have arrived so far. */
  end(how: 'end' | 'reset'): void {
    if (this.#ending !== 'reset') this.#ending = how
    this.pump()
  }

  /** Passes on the bytes that may pass now. */
  pump(): void {
    const { from, way } = this.#ends
    while (!this.#waiting && !way.hole && !this.stranded) {
      const [first] = this.#held
      if (first === undefined) return this.#finish()
      const early = first.due - performance.now()
      if (early > 0) this.#wait(() => setTimeout(this.#proceed, early))
      else this.#pass(this.#take(first))
      if (this.size <= window) from.resume()
    }
  }

  readonly #proceed = (): void => {
    this.#waiting = false
    this.pump()
  }

  #wait(arrange: () => void): void {
    this.#waiting = true
    arrange()
  }

  #take(first: { bytes: Buffer }): Buffer {
    const { slice, bandwidth, cutAfter } = this.#ends.way
    const piece = first.bytes.subarray(0, Math.min(slice, Math.ceil(bandwidth / pace), cutAfter))
    first.bytes = first.bytes.subarray(piece.length)
    if (first.bytes.length === 0) this.#held.shift()
    this.size -= piece.length
    return piece
  }

  #pass(piece: Buffer): void {
    const { to, way, cut } = this.#ends
    way.passed += piece.length
    way.cutAfter -= piece.length
    // Discards bytes for a peer that is gone.
    if (!to.writable) return
    const room = to.write(piece)
    if (way.cutAfter === 0) {
      way.cutAfter = Number.POSITIVE_INFINITY
      cut()
    } else if (!room) this.#waiting = true
    else if (way.bandwidth < Number.POSITIVE_INFINITY)
      this.#wait(() => setTimeout(this.#proceed, (piece.length * 1_000) / way.bandwidth))
    else if (way.slice < Number.POSITIVE_INFINITY) this.#wait(() => setImmediate(this.#proceed))
  }

  #finish(): void {
    const { to } = this.#ends
    if (this.#ending === 'end' && to.writable) to.end()
    if (this.#ending === 'reset') reset(to)
  }
}

/** Destroys an ending socket instead of resetting it: after a reset Node would never report it as closed. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

const ignored = (): void => {}
