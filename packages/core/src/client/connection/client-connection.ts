import { encodeFrame } from '../../protocol/encode.ts'
import { type HubFrame, parseHubFrame } from '../../protocol/hub-frames.ts'
import { lines } from '../../protocol/json.ts'
import { helloBytes } from '../../protocol/limits.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { Batch, Frame } from '../../transport/batch.ts'
import type { Connection, Sink } from '../../transport/connection.ts'

/** What a link tells its owner. */
export interface LinkOwner {
  received(link: ClientConnection, frame: HubFrame): void
  drained(link: ClientConnection): void
  ended(link: ClientConnection, code: number, reason: string): void
  broken(link: ClientConnection, error: unknown): void
}

/**
 * The client's end of one connection: takes transmissions apart, joins what one turn writes, and answers pings. What it hears counts only while it is
 * its owner's current one (P-ST-8).
 *
 * @internal
 */
export class ClientConnection implements Sink {
  /** How many frames were written. */
  written = 0
  /** The largest transmission the hub takes. */
  limit: number = helloBytes
  /** Whether the hub has said `bye`: nothing new is started here. */
  leaving = false
  /** When to come back at the latest, if the hub has said so with its `bye`. */
  leaveAt: number | undefined
  readonly connection: Connection
  readonly #runtime: Runtime
  readonly #owner: LinkOwner
  readonly #root: Batch = Batch.root()
  #batch: Batch = this.#root
  #scheduled = false
  #blocked = false

  constructor(connection: Connection, runtime: Runtime, owner: LinkOwner) {
    this.connection = connection
    this.#runtime = runtime
    this.#owner = owner
  }

  /** Starts to listen; what has arrived, or ended, already is heard in this call. */
  attach(): void {
    this.connection.attach(this)
  }

  /** Whether the transport waits for the hub. */
  get blocked(): boolean {
    return this.#blocked
  }

  write(text: string): void {
    const frame = new Frame(text)
    this.written++
    if (!this.#batch.empty && this.#batch.bytes + 1 + frame.bytes > this.limit) this.flush()
    this.#batch = this.#batch.append(frame)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#runtime.defer(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  flush(): void {
    const batch = this.#batch
    this.#batch = this.#root
    this.#root.forget()
    if (!batch.empty && !this.connection.send(batch)) this.#blocked = true
  }

  /** Says goodbye, with what was written before. */
  close(code: number, reason: string): void {
    this.flush()
    this.connection.close(code, reason)
  }

  receive(transmission: string | Uint8Array): void {
    try {
      if (typeof transmission !== 'string') throw new Error('a binary message on a JSON connection')
      for (const line of lines(transmission)) {
        const frame = parseHubFrame(line)
        if (frame.type === 'ping') this.write(encodeFrame('pong', frame.t))
        else this.#owner.received(this, frame)
      }
    } catch (error) {
      this.#owner.broken(this, error)
    }
  }

  drain(): void {
    this.#blocked = false
    this.#owner.drained(this)
  }

  closed(code: number, reason: string): void {
    this.#owner.ended(this, code, reason)
  }
}
