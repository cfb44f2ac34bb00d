import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** Treatment of an upgrade: it passes, is answered with 403, or is never answered. */
export type UpgradeFate = 'pass' | 'refuse' | 'swallow'

/** An HTTP proxy as in companies: requests pass, and `upgrades` decides whether WebSockets pass. */
export class UpgradeProxy {
  upgrades: UpgradeFate
  readonly port: number
  readonly #server: Server
  readonly #target: number
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, target: number, upgrades: UpgradeFate) {
    this.#server = server
    this.#target = target
    this.upgrades = upgrades
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket: Socket) => this.#keep(socket))
    server.on('upgrade', (asked: IncomingMessage, socket: Socket) => this.#upgrade(asked, socket))
    server.on('request', ({ method, url, headers }: IncomingMessage, answer) => {
      const passed = request({ port: target, host: '127.0.0.1', method, path: url, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(answer)
      })
      passed.on('error', () => answer.destroy())
      answer.req.pipe(passed)
      answer.on('close', () => passed.destroy())
    })
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(target: number, upgrades: UpgradeFate): Promise<UpgradeProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new UpgradeProxy(server, target, upgrades)
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  #upgrade({ method, url, rawHeaders }: IncomingMessage, socket: Socket): void {
    if (this.upgrades === 'swallow') return void socket.resume()
    if (this.upgrades === 'refuse')
      return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    const passed = connect(this.#target, '127.0.0.1')
    this.#keep(passed)
    const lines = [`${method} ${url} HTTP/1.1`]
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
    passed.write(`${lines.join('\r\n')}\r\n\r\n`)
    socket.pipe(passed).pipe(socket)
    socket.on('close', () => passed.destroy())
    passed.on('close', () => socket.destroy())
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
