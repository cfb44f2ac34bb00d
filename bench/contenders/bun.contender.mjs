import { Directory } from './directory.mjs'

export { wire } from '../clients/ws.mjs'
export const title = "Bun's own sockets and `publish`"
export const nodes = 1
export const broker = null
export const runtime = 'bun'

export function serve() {
  const directory = new Directory({
    send(peers, text) {
      for (const { socket } of peers) socket.send(text)
    },
    join: ({ socket }, room) => socket.subscribe(room),
    publish: (_peer, room, text) => server.publish(room, text),
  })
  const server = globalThis.Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => void server.upgrade(request, { data: { url: request.url } }),
    websocket: {
      open(socket) {
        socket.data.socket = socket
        directory.enterByQuery(socket.data, socket.data.url)
      },
      message: (socket, text) => directory.receive(socket.data, text),
      close: (socket) => directory.leave(socket.data),
    },
  })
  return { port: server.port }
}
