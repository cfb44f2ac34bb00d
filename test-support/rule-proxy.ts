import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

/** A frame of the protocol as it is written: its type, and its elements. */
export type ProtocolFrame = readonly [type: string, ...elements: unknown[]]

/**
 * Rule for a frame: returns the frames that pass in its place. An empty list drops the frame, and two copies
 * double it. A text passes unchanged as a line, also when it is no valid frame. A rule may close the
 * connection as well, after the returned frames.
 */
export type Rule = (frame: ProtocolFrame, link: RuleLink) => readonly (ProtocolFrame | string)[]

/** Direction of a frame: from the client to the hub, or from the hub to the client. */
export type Direction = 'up' | 'down'

/** A connection through a {@link RuleProxy}. */
export interface RuleLink {
  /** Number of the connection, from 1. */
  readonly number: number
  /**
   * Closes the connection on the client's side, after the frames that have passed. For the hub it ends
   * without a close frame.
   */
  close(code: number): void
}

/**
 * A proxy between WebSocket clients and a hub that reads the protocol's frames and may change them. With its
 * rules it behaves as a hub or a client that breaks the protocol.
 */
export class RuleProxy {
  up: Rule = pass
  down: Rule = pass
  /** Every frame that was read, before its rule, with its connection and direction. */
  readonly seen: { readonly link: number; readonly direction: Direction; readonly frame: ProtocolFrame }[] =
    []
  readonly port: number
  readonly #target: string
  readonly #server: WebSocketServer
  readonly #clients = new Set<WebSocket>()
  #links = 0

  private constructor(server: WebSocketServer, target: string) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client) => this.#accept(client))
  }

  /** Listens on a free port of 127.0.0.1, on every path. `target` is the hub's URL. */
  static async start(target: string): Promise<RuleProxy> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    return new RuleProxy(server, target)
  }

  /** Writes a frame to every client, after the frames that have passed. */
  inject(frame: ProtocolFrame | string): void {
    for (const client of this.#clients) client.send(line(frame))
  }

  /** Ends every connection without a close frame. */
  drop(): void {
    for (const client of this.#clients) client.terminate()
  }

  /** Returns the frames of a type that were read on all connections. */
  frames(direction: Direction, type: string): ProtocolFrame[] {
    return this.seen
      .filter((one) => one.direction === direction && one.frame[0] === type)
      .map(({ frame }) => frame)
  }

  async close(): Promise<void> {
    this.drop()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: WebSocket): void {
    const hub = new WebSocket(this.#target, client.protocol === '' ? [] : [client.protocol])
    const number = ++this.#links
    this.#clients.add(client)
    const close = (code: number): void =>
      queueMicrotask(() => {
        client.close(code)
        hub.terminate()
      })
    const link: RuleLink = { number, close }
    const early: string[] = []
    client.on('message', (data) => {
      const text = this.#through('up', data, link)
      if (hub.readyState === WebSocket.CONNECTING) early.push(text)
      else if (text !== '') hub.send(text)
    })
    hub.on('open', () => {
      for (const text of early) if (text !== '') hub.send(text)
    })
    hub.on('message', (data) => {
      const text = this.#through('down', data, link)
      if (text !== '') client.send(text)
    })
    for (const [one, other] of [
      [client, hub],
      [hub, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', (code) => end(other, code))
    }
    client.on('close', () => this.#clients.delete(client))
  }

  /** Returns the frames of a transmission that pass. */
  #through(direction: Direction, data: RawData, link: RuleLink): string {
    const lines: string[] = []
    for (const text of String(data).split('\n')) {
      const frame: ProtocolFrame = JSON.parse(text)
      this.seen.push({ link: link.number, direction, frame })
      lines.push(...this[direction](frame, link).map(line))
    }
    return lines.join('\n')
  }
}

const pass: Rule = (frame) => [frame]

const line = (frame: ProtocolFrame | string): string =>
  typeof frame === 'string' ? frame : JSON.stringify(frame)

/**
 * Closes the other side with the same code. A code that a close frame may not carry ends it without a close
 * frame.
 */
function end(socket: WebSocket, code: number): void {
  if (code === 1005) socket.close()
  else if (code < 1000 || code === 1006 || code === 1015) socket.terminate()
  else socket.close(code)
}
