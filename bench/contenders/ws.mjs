import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { Directory } from './directory.mjs'
import { listen } from './listen.mjs'

/** Serves a loop over `ws`, which encodes a message once for all receivers and keeps nothing. */
export async function serveWs({ byQuery }) {
  const directory = new Directory({
    send(sockets, text) {
      const data = Buffer.from(text)
      for (const socket of sockets) socket.send(data, { binary: false })
    },
  })
  const server = createServer()
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, { url }) => {
    socket.on('message', (data) => directory.receive(socket, data))
    socket.on('close', () => directory.leave(socket))
    if (byQuery) directory.enterByQuery(socket, url)
  })
  return { port: await listen(server) }
}
