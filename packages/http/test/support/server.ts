import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

/** An HTTP server whose sockets a test can get at. */
export class TestServer {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(listener: RequestListener): Promise<TestServer> {
    const server = createServer(listener)
    const sockets = new Set<Socket>()
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TestServer(server, sockets)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/chat`
  }

  /** How many sockets are open. */
  get open(): number {
    return this.#sockets.size
  }

  /** Resets every socket. One that is ending can no longer be reset: Node would then never report it as closed. */
  reset(): void {
    for (const socket of this.#sockets)
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Nobody listens there any more. */
export async function unusedPort(): Promise<number> {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
