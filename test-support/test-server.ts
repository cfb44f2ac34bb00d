import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

/** An HTTP server that can count and reset its sockets. */
export class TestServer {
  /** Port of 127.0.0.1 that it listens on. */
  readonly port: number
  /** The server itself. */
  readonly server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(listener?: RequestListener): Promise<TestServer> {
    const server = listener === undefined ? createServer() : createServer(listener)
    const sockets = new Set<Socket>()
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TestServer(server, sockets)
  }

  /** URL of the hub's path. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/chat`
  }

  /** Number of open sockets. */
  get open(): number {
    return this.#sockets.size
  }

  /**
   * Resets every socket, except that an ending socket is destroyed: after a reset Node would never report it
   * as closed.
   */
  reset(): void {
    for (const socket of this.#sockets)
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
  }

  /** Destroys all sockets and closes the server. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }
}

/** Returns a port of 127.0.0.1 that no server listens on. */
export async function unusedPort(): Promise<number> {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
