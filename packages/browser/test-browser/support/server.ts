// Server of the browser tests: hubs and recording hosts on one HTTP server, and an interface through which a
// page controls them.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { Hub, type HubOptions, UsageError } from '@chat/core'
import type { Handshake, TransportCapabilities } from '@chat/core/transport'
import { type NodeHttpHandler, nodeHttpHandler } from '@chat/http/node'
import { attach, type UpgradeHandler } from '@chat/node-ws'
import {
  type LinkEvent,
  type LocalPeer,
  type PeerStatus,
  RecordingHub,
  type StartOptions,
} from '@chat/testing/conformance'

/** A recording host for the server's peers, with a hub's limits. */
class BenchHub extends RecordingHub {
  readonly path: string
  upgradeHandler: UpgradeHandler | null = null
  /** Separate server of this host, if any. */
  server: Server | null = null

  constructor(path: string, options: StartOptions) {
    super(options)
    this.path = path
  }
}

/**
 * Treatment of a hub's WebSockets: accepted, refused, answered like a captive portal, cut once open, or
 * swallowed like a proxy that does not know WebSockets.
 */
export type WebSocketFate = 'taken' | 'refused' | 'answered' | 'cut' | 'swallowed'

/** Text that such a proxy writes before it ends the connection. */
const words: Partial<Record<WebSocketFate, (headers: IncomingHttpHeaders) => string>> = {
  refused: () => 'HTTP/1.1 403 Forbidden\r\n\r\n',
  answered: () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  cut: (headers) =>
    [
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptOf(headers['sec-websocket-key'])}`,
      'Sec-WebSocket-Protocol: chat.v1.json\r\n\r\n',
    ].join('\r\n'),
}

/** Accept key of a handshake (RFC 6455 §4.2.2). */
const acceptOf = (key = ''): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

interface RunningHub {
  readonly hub: Hub
  readonly path: string
  readonly handlers: NodeHttpHandler[]
  upgradeHandler: UpgradeHandler | null
  webSockets: WebSocketFate
  /** Joins and leaves of rooms, as the hub has seen them: `+#lobby alice`. */
  readonly moves: string[]
}

/** Methods that a page can call. All arguments and results pass as JSON. */
export class TestServer {
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response))
  readonly #sockets = new Map<Socket, string>()
  readonly #benches = new Map<string, BenchHub>()
  readonly #hubs = new Map<string, RunningHub>()
  #made = 0
  #nowhere = ''

  /** Listens on a free port, and resolves with the URL. */
  async listen(): Promise<string> {
    this.#server.on('upgrade', ({ url = '', headers }: IncomingMessage, socket: Socket) => {
      this.#note(socket, url)
      const said = words[this.#hubs.get(url)?.webSockets ?? 'taken']
      if (said !== undefined) socket.end(said(headers))
    })
    this.#nowhere = `ws://127.0.0.1:${await unusedPort()}/`
    return `http://127.0.0.1:${await bind(this.#server)}`
  }

  async close(): Promise<void> {
    for (const { hub } of this.#hubs.values()) await hub.close({ deadline: 0 })
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** Returns a URL at which no server listens. */
  nowhere(): string {
    return this.#nowhere
  }

  /** Starts a recording host at a new path, and returns the path. */
  startBench(options: StartOptions): string {
    const path = `/bench/${++this.#made}`
    const host = new BenchHub(path, options)
    host.upgradeHandler = attach(host, this.#server, { path, origins: () => true })
    this.#benches.set(path, host)
    return path
  }

  /**
   * Starts a recording host over HTTP on a separate server, and resolves with its URL. A browser opens at
   * most six connections to a server, and cases run in parallel.
   */
  async startHttpBench(options: StartOptions): Promise<string> {
    const chat: { take?: NodeHttpHandler } = {}
    const server = createServer((request, response) => void chat.take?.(request, response))
    const url = `http://127.0.0.1:${await bind(server)}/chat`
    const host = new BenchHub(url, options)
    host.server = server
    server.on('connection', (socket: Socket) => this.#note(socket, url))
    chat.take = nodeHttpHandler(host, { path: '/chat', origins: () => true })
    this.#benches.set(url, host)
    return url
  }

  /** Resolves with the next connection of a bench: the number of its peer, and the handshake. */
  async accepted(bench: string): Promise<{ end: number; handshake: Handshake }> {
    const host = this.#bench(bench)
    const { peer, handshake } = await host.next()
    return { end: host.peers.indexOf(peer as LocalPeer), handshake }
  }

  open(bench: string): number {
    return this.#bench(bench).open
  }

  send(bench: string, end: number, texts: readonly string[]): Promise<readonly boolean[]> {
    return this.#peer(bench, end).send(texts)
  }

  closeEnd(bench: string, end: number, code: number, reason: string): Promise<void> {
    return this.#peer(bench, end).close(code, reason)
  }

  abort(bench: string, end: number): Promise<void> {
    return this.#peer(bench, end).abort()
  }

  pause(bench: string, end: number): Promise<void> {
    return this.#peer(bench, end).pause()
  }

  resume(bench: string, end: number): Promise<void> {
    return this.#peer(bench, end).resume()
  }

  events(bench: string, end: number, from: number): Promise<readonly LinkEvent[]> {
    return this.#peer(bench, end).events(from)
  }

  status(bench: string, end: number): Promise<PeerStatus> {
    return this.#peer(bench, end).status()
  }

  capabilities(bench: string, end: number): TransportCapabilities {
    return this.#peer(bench, end).connection.capabilities
  }

  stopBench(bench: string): void {
    const { upgradeHandler, server } = this.#bench(bench)
    upgradeHandler?.detach()
    server?.close()
    this.reset(bench)
    this.#benches.delete(bench)
  }

  /** Starts a hub at a new path, and returns the path. The hub takes the user from the token. */
  startHub(timeouts: HubOptions['timeouts'] & object = {}): string {
    const hub = new Hub({
      timeouts,
      authenticate: ({ token }) => (token === null ? null : { id: token }),
      authorize: ({ address, action }) => !(address === '#closed' && action === 'join'),
      presence: { rooms: () => true },
    })
    hub.handle('double', (input) => Number(input) * 2)
    const moves: string[] = []
    hub.on('$join', ({ session, address }) => moves.push(`+${address} ${session.user.id}`))
    hub.on('$leave', ({ session, address }) => moves.push(`-${address} ${session.user.id}`))
    const path = `/hub/${++this.#made}`
    this.#hubs.set(path, { hub, path, handlers: [], upgradeHandler: null, webSockets: 'taken', moves })
    this.admit(path)
    return path
  }

  /** Sends a message from the hub. */
  async say(hub: string, address: string, event: string, data: unknown): Promise<void> {
    await this.#hub(hub).hub.to(address).send(event, data)
  }

  /** Writes a stream from the hub, and ends it. */
  async stream(hub: string, address: string, event: string, parts: readonly string[]): Promise<void> {
    const writer = await this.#hub(hub)
      .hub.to(address)
      .stream(event as never, { start: '' as never })
    for (const part of parts) await writer.write(part as never)
    await writer.end()
  }

  /** Returns the joins and leaves of rooms so far: `+#lobby alice`, `-#lobby alice`. */
  moves(hub: string): readonly string[] {
    return this.#hub(hub).moves
  }

  ask(hub: string, address: string, event: string, data: unknown): Promise<unknown> {
    return this.#hub(hub).hub.to(address).ask(event, data, { timeout: 5_000 })
  }

  /** Refuses all clients of this hub, over WebSocket and HTTP. */
  refuse(hub: string): void {
    const { upgradeHandler, handlers } = this.#hub(hub)
    upgradeHandler?.detach()
    for (const chat of handlers) chat.detach()
  }

  /** Accepts clients of this hub, over WebSocket and HTTP. */
  admit(path: string): void {
    const running = this.#hub(path)
    running.upgradeHandler = attach(running.hub, this.#server, { path, origins: () => true })
    running.handlers.unshift(nodeHttpHandler(running.hub, { path, origins: () => true }))
  }

  /** Sets the treatment of this hub's WebSockets. */
  webSockets(path: string, fate: WebSocketFate): void {
    const running = this.#hub(path)
    running.webSockets = fate
    running.upgradeHandler?.detach()
    if (fate === 'taken')
      running.upgradeHandler = attach(running.hub, this.#server, { path, origins: () => true })
  }

  /** Returns the transport of each session of this hub. */
  transports(path: string): string[] {
    return [...this.#hub(path).hub.sessions].map(({ transport }) => transport)
  }

  /** Resets every connection at a path. */
  reset(path: string): void {
    for (const socket of this.#at(path)) reset(socket)
  }

  /** Stops reading from the connections that are open at a path now. */
  freeze(path: string): void {
    for (const socket of this.#at(path)) socket.pause()
  }

  /** Returns the number of open connections at a path. */
  connections(path: string): number {
    return this.#at(path).length
  }

  async stopHub(path: string): Promise<void> {
    const { hub, upgradeHandler } = this.#hub(path)
    upgradeHandler?.detach()
    await hub.close({ deadline: 0 })
    this.#hubs.delete(path)
  }

  #at(path: string): Socket[] {
    return [...this.#sockets].flatMap(([socket, url]) => (url.split('?')[0] === path ? [socket] : []))
  }

  #bench(path: string): BenchHub {
    const host = this.#benches.get(path)
    if (host === undefined) throw new UsageError(`there is no bench ${path}`)
    return host
  }

  #peer(path: string, end: number): LocalPeer {
    const peer = this.#bench(path).peers[end]
    if (peer === undefined) throw new UsageError(`there is no end ${end} at ${path}`)
    return peer
  }

  #hub(path: string): RunningHub {
    const running = this.#hubs.get(path)
    if (running === undefined) throw new UsageError(`there is no hub ${path}`)
    return running
  }

  #note(socket: Socket, url: string): void {
    this.#sockets.set(socket, url)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  /** Handles a request for a hub. Returns `false` for other requests. */
  #taken(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '', socket } = request
    const running = this.#hubs.get(url)
    if (running === undefined) return false
    // A stream occupies its socket. Other requests leave the socket free for requests of other paths.
    if (request.method === 'GET') {
      this.#note(socket, url)
      response.once('close', () => this.#sockets.delete(socket))
    }
    if (!running.handlers.some((chat) => chat(request, response))) response.writeHead(404).end()
    return true
  }

  /** `POST /<method>` with the arguments as a JSON array. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#taken(request, response)) return
    response.setHeader('Access-Control-Allow-Origin', '*')
    try {
      const args: unknown[] = JSON.parse(await bodyOf(request))
      const method = this[(request.url ?? '').slice(1) as keyof TestServer] as (...args: unknown[]) => unknown
      response.end(JSON.stringify((await method.apply(this, args)) ?? null))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }
}

/** Destroys an ending socket instead of resetting it: after a reset Node would never report it as closed. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function bind(server: ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function unusedPort(): Promise<number> {
  const server = createTcpServer()
  const port = await bind(server)
  server.close()
  await once(server, 'close')
  return port
}
