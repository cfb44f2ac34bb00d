import type { Hub } from '@chat/core'
import { BaseConnection, type Transmission, type TransportCapabilities } from '@chat/core/transport'

/** Options of an {@link Intruder}. */
export interface IntruderOptions {
  /** Token of its `hello`, the id of the user. */
  readonly user: string
  /** Network address that the connection comes from. Default: an address that no other client has. */
  readonly remoteAddress?: string
  /** Positions of the logs that its `hello` names. Default: none. */
  readonly streams?: Readonly<Record<string, unknown>>
  /** `false` for a connection on which no `hello` is written. Default: `true`. */
  readonly hello?: boolean
  /** Called with each frame of the hub. */
  readonly onFrame?: (frame: readonly unknown[]) => void
}

/**
 * A connection at the hub's end whose peer writes any frames, at once and without a link. It works only while
 * its hub runs: a search with intruders has no crashes and no pauses.
 */
export class Intruder extends BaseConnection {
  /** Connects an intruder, and writes its `hello`. */
  static enter(hub: Hub, options: IntruderOptions): Intruder {
    const intruder = new Intruder(options)
    const { user, remoteAddress = '198.51.100.1', streams = {}, hello = true } = options
    hub.accept(intruder, {
      path: '/',
      params: {},
      query: {},
      headers: {},
      cookies: {},
      origin: null,
      remoteAddress,
    })
    if (hello) intruder.write([['hello', { v: [1, 1], token: user, streams }]])
    return intruder
  }

  readonly capabilities: TransportCapabilities = {
    name: 'intruder',
    backpressure: true,
    pause: true,
    closeCodes: true,
    detectsLoss: true,
  }
  readonly bufferedAmount = 0
  received = 0
  /** `true` once the hub has welcomed it. */
  welcomed = false
  /** Close code of the hub; `null` while the hub has not closed the connection. */
  code: number | null = null
  readonly #onFrame: (frame: readonly unknown[]) => void
  #paused = false
  /** Transmissions that the hub has not read. */
  readonly #unread: string[] = []

  private constructor({ onFrame = () => {} }: IntruderOptions) {
    super('chat.v1.json', null)
    this.#onFrame = onFrame
  }

  /** Writes frames in a single transmission. */
  write(frames: readonly (readonly unknown[])[]): void {
    this.#unread.push(frames.map((frame) => JSON.stringify(frame)).join('\n'))
    this.#deliver()
  }

  /** Ends the connection, as when the peer is gone. */
  leave(): void {
    this.ended(1006, '')
  }

  protected doSend({ text }: Transmission): boolean {
    for (const line of text.split('\n')) {
      const frame = JSON.parse(line) as readonly unknown[]
      if (frame[0] === 'welcome') this.welcomed = true
      this.#onFrame(frame)
    }
    return true
  }

  protected doClose(code: number, reason: string): void {
    this.code = code
    this.ended(code, reason)
  }

  protected doAbort(): void {}

  protected doPause(): void {
    this.#paused = true
  }

  protected doResume(): void {
    this.#paused = false
    this.#deliver()
  }

  #deliver(): void {
    while (!this.#paused && this.state === 'open') {
      const transmission = this.#unread.shift()
      if (transmission === undefined) return
      this.received += transmission.length
      this.receive(transmission)
    }
  }
}
