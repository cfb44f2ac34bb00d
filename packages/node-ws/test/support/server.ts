import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface TestServer {
  readonly server: Server
  readonly port: number
  /** Returns a `ws:` URL of this server. */
  url(path: string): string
}

/** Starts an HTTP server on a port of 127.0.0.1. It ends with the test, also when clients are connected. */
export async function startServer(server: Server = createServer(), host = '127.0.0.1'): Promise<TestServer> {
  server.listen(0, host)
  await once(server, 'listening')
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    if (server.listening) await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return { server, port, url: (path) => `ws://127.0.0.1:${port}${path}` }
}
