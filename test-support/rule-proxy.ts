import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

/** A frame of the protocol, as it is written: its type, and what belongs to it. */
export type ProtocolFrame = readonly [type: string, ...elements: unknown[]]

/**
 * What becomes of a frame: the frames that pass in its place. None drops it, two of it double it; a text is a line as it stands, however broken. A rule may
 * close the connection, too, behind what it returns.
 */
export type Rule = (frame: ProtocolFrame, link: RuleLink) => readonly (ProtocolFrame | string)[]

/** Which way a frame goes: from the client to the hub, or back. */
export type Direction = 'up' | 'down'

/** One connection through a {@link RuleProxy}. */
export interface RuleLink {
  /** Counts the connections, from 1. */
  readonly number: number
  /** Closes it on the client's side, behind what has passed; to the hub it ends without a word. */
  close(code: number): void
}

/**
 * A proxy between WebSocket clients and a hub that reads the protocol's frames and may change what passes. It stands for a hub, or a client, that does
 * what none should.
 */
export class RuleProxy {
  up: Rule = pass
  down: Rule = pass
  /** Every frame that was read, before its rule: on which connection and which way. */
  readonly seen: { readonly link: number; readonly way: Direction; readonly frame: ProtocolFrame }[] = []
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

  /** Writes a frame of the proxy's own to every client, behind what has passed. */
  inject(frame: ProtocolFrame | string): void {
    for (const client of this.#clients) client.send(line(frame))
  }

  /** Ends every connection without a word. */
  drop(): void {
    for (const client of this.#clients) client.terminate()
  }

  /** The frames of one type that were read, of all connections. */
  frames(way: Direction, type: string): ProtocolFrame[] {
    return this.seen.filter((one) => one.way === way && one.frame[0] === type).map(({ frame }) => frame)
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

  /** What passes of one transmission. */
  #through(way: Direction, data: RawData, link: RuleLink): string {
    const lines: string[] = []
    for (const text of String(data).split('\n')) {
      const frame: ProtocolFrame = JSON.parse(text)
      this.seen.push({ link: link.number, way, frame })
      lines.push(...this[way](frame, link).map(line))
    }
    return lines.join('\n')
  }
}

const pass: Rule = (frame) => [frame]

const line = (frame: ProtocolFrame | string): string =>
  typeof frame === 'string' ? frame : JSON.stringify(frame)

/** Hands an end on with its code; one that no frame may carry ends without a word. */
function end(socket: WebSocket, code: number): void {
  if (code === 1005) socket.close()
  else if (code < 1000 || code === 1006 || code === 1015) socket.terminate()
  else socket.close(code)
}
