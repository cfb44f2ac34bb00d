import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What the network does to one direction of all connections. A change takes effect at once, on what is under way, too. */
export class Way {
  /** How long a byte takes, in milliseconds. */
  latency = 0
  /** The largest piece that arrives at once, in bytes. */
  slice: number = Number.POSITIVE_INFINITY
  /** Of each connection, in bytes a second. */
  bandwidth: number = Number.POSITIVE_INFINITY
  /** After so many more bytes the connection that carries them is reset, in the middle of whatever it was. Once. */
  cutAfter: number = Number.POSITIVE_INFINITY
  /** Bytes that have passed. */
  passed = 0
  /** Nothing passes. What comes is held, as TCP repeats what is lost. */
  hole = false
}

/**
 * A TCP proxy that does to its connections what networks do. Bytes are delayed, cut to pieces and held back, and connections end in every way there is; but
 * what arrives is never changed, reordered or left out: that is TCP.
 */
export class FaultProxy {
  /** From the clients to the server. */
  readonly up: Way = new Way()
  /** From the server to the clients. */
  readonly down: Way = new Way()
  /** The port of 127.0.0.1 that new connections lead to. */
  target: number
  /** Whether new connections are reset at once. */
  refusing = false
  /** How many connections were made, refused ones too. */
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

  /** How many connections are open. */
  get open(): number {
    return this.#links.size
  }

  /** How many bytes have come from open connections and wait. */
  held(way: 'up' | 'down'): number {
    return [...this.#links].reduce((sum, link) => sum + link[way].size, 0)
  }

  /** A black hole, in one direction or both, until {@link FaultProxy.heal}: for what is open, and for what comes. */
  stall(way?: 'up' | 'down'): void {
    if (way !== 'down') this.up.hole = true
    if (way !== 'up') this.down.hole = true
  }

  /** The same for the connections that are open now. New ones pass, as when a NAT has forgotten the old. */
  strand(way?: 'up' | 'down'): void {
    for (const { up, down } of this.#links) {
      if (way !== 'down') up.stranded = true
      if (way !== 'up') down.stranded = true
    }
  }

  /** Ends every black hole. What it has held arrives late, whole and in order. */
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

  /** Ends one direction of every open connection, as if its sender had nothing more to say. The other goes on. */
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

/** One connection through the proxy: two sockets, and a pipe each way. */
class Link {
  readonly up: Pipe
  readonly down: Pipe
  readonly closed: Promise<unknown>
  readonly #sockets: readonly Socket[]

  constructor(client: Socket, server: Socket, ways: { readonly up: Way; readonly down: Way }) {
    this.#sockets = [client, server]
    this.closed = Promise.all(this.#sockets.map((socket) => new Promise((end) => socket.once('close', end))))
    const cut = (): void => this.reset()
    this.up = new Pipe({ from: client, to: server, way: ways.up, cut })
    this.down = new Pipe({ from: server, to: client, way: ways.down, cut })
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

/** How much is held before the sender is held back. */
const window = 256 * 1024
/** How many pieces a second a bandwidth is made of. */
const pace = 50

/** One direction of one connection: what has come, in order, and how it ended. */
class Pipe {
  stranded = false
  readonly #ends: PipeEnds
  readonly #held: { bytes: Buffer; readonly due: number }[] = []
  /** Bytes that wait. */
  size = 0
  #ending: 'end' | 'reset' | null = null
  /** Whether something will call {@link Pipe.pump}: a timer, or the receiver when it has room. */
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
    // Who writes to a peer that is gone gets a reset for an answer, as soon as that gets through.
    from.on('close', (failed) => failed && this.end('reset'))
    to.on('drain', this.#proceed)
  }

  /** Ends this direction, behind what has come so far. */
  end(how: 'end' | 'reset'): void {
    if (this.#ending !== 'reset') this.#ending = how
    this.pump()
  }

  /** Hands on what may pass now. */
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
    // What comes for a peer that has gone is nobody's.
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

/** A socket that is ending can no longer be reset: Node would then never report it as closed. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

const ignored = (): void => {}
