import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { listen } from './listen.mjs'

/** Serves Socket.IO with an adapter. A client joins the room of its query, and sends to any room. */
export async function serveSocketIo(adapter) {
  const server = createServer()
  const io = new Server(server, { transports: ['websocket'], adapter, serveClient: false })
  io.on('connection', async (socket) => {
    socket.on('say', (room, data) => io.to(room).emit('say', data))
    const { room } = socket.handshake.query
    if (room !== undefined) await socket.join(room)
    socket.emit('ready')
  })
  return { port: await listen(server) }
}
