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

/**
 * Returns a port of 127.0.0.1 that no server listens on, below the ports that the platform gives to connections:
 * between now and the start of a server, another process can take one of those.
 */
export async function unusedPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createTcpServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
