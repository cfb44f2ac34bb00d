import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { listen } from './listen.mjs'

/**
 * Serves Socket.IO, with an adapter or with the one in memory. A client joins the room of its query or asks for it,
 * and sends to any room and user. Messages that come with an acknowledgement are acknowledged.
 */
export async function serveSocketIo({ adapter }) {
  const server = createServer()
  const io = new Server(server, { transports: ['websocket'], adapter, serveClient: false })
  io.on('connection', async (socket) => {
    const deliver = (to, data, acknowledge) => {
      io.to(to).emit('say', data)
      acknowledge?.()
    }
    const { user, room } = socket.handshake.query
    socket.on('say', deliver)
    socket.on('tell', (to, data, acknowledge) => deliver(`user ${to}`, data, acknowledge))
    socket.on('ask', (data, answer) => answer(data))
    socket.on('join', async (name, answer) => {
      await socket.join(name)
      answer()
    })
    await socket.join(`user ${user}`)
    if (room !== undefined) await socket.join(room)
    socket.emit('ready')
  })
  return { port: await listen(server) }
}
