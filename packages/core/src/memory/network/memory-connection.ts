import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { BaseConnection } from '../../transport/base-connection.ts'
import type { Batch } from '../../transport/batch.ts'
import type { TransportCapabilities } from '../../transport/connection.ts'
import type { LinkDirection } from './link-direction.ts'
import { MemoryPipe } from './pipe.ts'

const capabilities: TransportCapabilities = {
  name: 'memory',
  backpressure: true,
  pause: true,
  closeCodes: true,
  // A link can be held, and an end can vanish without a word: then only timeouts tell.
  detectsLoss: false,
}

/** How long a close waits for a peer that does not answer. */
const closePatience = 5_000

/** What the two ends of a connection have in common. */
export interface Ends {
  readonly runtime: Runtime
  readonly up: LinkDirection
  readonly down: LinkDirection
  readonly protocol: string
  /** Called once for each end, when it knows that it is over. */
  readonly ended: (end: MemoryConnection) => void
}

/**
 * One end of a connection in memory.
 *
 * @internal
 */
export class MemoryConnection extends BaseConnection {
  /** Both ends: the client's and the hub's. */
  static pair(ends: Ends): [near: MemoryConnection, far: MemoryConnection] {
    const near = new MemoryConnection(ends, ends.up)
    const far = new MemoryConnection(ends, ends.down)
    near.#peer = far
    far.#peer = near
    return [near, far]
  }

  readonly capabilities: TransportCapabilities = capabilities
  readonly #runtime: Runtime
  readonly #way: LinkDirection
  readonly #pipe: MemoryPipe
  readonly #forget: (end: MemoryConnection) => void
  #peer: MemoryConnection = this
  #received = 0
  #patience: Undo | null = null

  private constructor({ runtime, protocol, ended }: Ends, way: LinkDirection) {
    super(protocol, null)
    this.#runtime = runtime
    this.#way = way
    this.#forget = ended
    this.#pipe = new MemoryPipe(runtime, way, () => this.drained())
  }

  get bufferedAmount(): number {
    return this.#pipe.bufferedAmount
  }

  get received(): number {
    return this.#received
  }

  /** Ends without a word; what the peer sends from now on is never taken. It learns of the end after `telling` milliseconds, or never. */
  vanish(telling: number | null): void {
    if (this.state === 'closed') return
    const peer = this.#peer
    peer.#pipe.pause()
    if (telling !== null) this.#way.signal(telling, () => peer.#finish(1006, ''))
    this.#pipe.destroy()
    this.#finish(1006, '')
  }

  protected doSend(batch: Batch): boolean {
    const { text, bytes } = batch
    return this.#pipe.push(bytes, () => this.#peer.#arrive(text, bytes))
  }

  protected doClose(code: number, reason: string): void {
    this.#patience = this.#runtime.timer(closePatience, () => this.vanish(0))
    this.#pipe.push(0, () => this.#peer.#hearClose(code, reason))
  }

  protected doAbort(): void {
    // The reset overtakes what is on the way, which is lost, and still takes its time.
    const peer = this.#peer
    this.#pipe.destroy()
    this.#way.signal(0, () => peer.#finish(1006, ''))
    this.#release()
  }

  protected doPause(): void {
    this.#peer.#pipe.pause()
  }

  protected doResume(): void {
    this.#peer.#pipe.resume()
  }

  #arrive(text: string, bytes: number): void {
    this.#received += bytes
    this.receive(text)
  }

  /** The peer has closed: this end is closed too, and the peer learns that it knows. */
  #hearClose(code: number, reason: string): void {
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
    this.#pipe.finish()
  }
}
