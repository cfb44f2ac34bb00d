import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { BaseConnection } from '../../transport/base-connection.ts'
import type { Transmission } from '../../transport/batch.ts'
import type { TransportCapabilities } from '../../transport/connection.ts'
import type { LinkDirection } from './link-direction.ts'
import { MemoryPipe } from './pipe.ts'

const capabilities: TransportCapabilities = {
  name: 'memory',
  backpressure: true,
  pause: true,
  closeCodes: true,
  // A link can be held, and an end can vanish silently: then only timeouts notice.
  detectsLoss: false,
}

/** Duration for which a close waits for the peer's answer. */
const closePatience = 5_000

/** The properties that both ends of a connection share. */
export interface Ends {
  readonly runtime: Runtime
  readonly up: LinkDirection
  readonly down: LinkDirection
  readonly protocol: string
  /** Called once for each end, when it has noticed the end of the connection. */
  readonly ended: (end: MemoryConnection) => void
}

/** An end of a connection in memory. */
export class MemoryConnection extends BaseConnection {
  /** Makes a connection: the end of the client, and the end of the hub. */
  static pair(ends: Ends): [near: MemoryConnection, far: MemoryConnection] {
    const near = new MemoryConnection(ends, ends.up)
    const far = new MemoryConnection(ends, ends.down)
    near.#peer = far
    far.#peer = near
    return [near, far]
  }

  readonly capabilities: TransportCapabilities = capabilities
  readonly #runtime: Runtime
  readonly #direction: LinkDirection
  readonly #pipe: MemoryPipe
  readonly #forget: (end: MemoryConnection) => void
  #peer: MemoryConnection = this
  #received = 0
  #patience: Undo | null = null

  private constructor({ runtime, protocol, ended }: Ends, direction: LinkDirection) {
    super(protocol, null)
    this.#runtime = runtime
    this.#direction = direction
    this.#forget = ended
    this.#pipe = new MemoryPipe(runtime, direction, () => this.drained())
  }

  get bufferedAmount(): number {
    return this.#pipe.bufferedAmount
  }

  get received(): number {
    return this.#received
  }

  /**
   * Ends silently; later transmissions of the peer are never taken. The peer notices the end after `telling`
   * milliseconds, or never (`null`).
   */
  vanish(telling: number | null): void {
    if (this.state === 'closed') return
    const peer = this.#peer
    peer.#pipe.pause()
    if (telling !== null) this.#direction.signal(telling, () => peer.#finish(1006, ''))
    this.#pipe.destroy()
    this.#finish(1006, '')
  }

  protected doSend(batch: Transmission): boolean {
    const { text, bytes } = batch
    return this.#pipe.push(bytes, () => this.#peer.#arrive(text, bytes))
  }

  protected doClose(code: number, reason: string): void {
    this.#patience = this.#runtime.timer(closePatience, () => this.vanish(0))
    this.#pipe.push(0, () => this.#peer.#hearClose(code, reason))
  }

  protected doAbort(): void {
    // The reset overtakes the transmissions under way, which are lost, but it has the latency of the link.
    const peer = this.#peer
    this.#pipe.destroy()
    this.#direction.signal(0, () => peer.#finish(1006, ''))
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

  /** Handles a close of the peer: closes this end, and confirms it to the peer. */
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
