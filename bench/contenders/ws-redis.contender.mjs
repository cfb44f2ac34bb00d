// A loop over `ws`, and a Redis channel for each room: what an application writes by hand. It encodes a message once,
// and keeps nothing.
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { WebSocketServer } from 'ws'
import { listen } from './listen.mjs'

export { wire } from '../clients/ws.mjs'
export const title = '`ws` + Redis pub/sub'
export const nodes = 2
export const broker = 'redis'

export async function serve({ urls, prefix }) {
  const publisher = new Redis(urls.redis, { enableAutoPipelining: true })
  const subscriber = new Redis(urls.redis)
  const rooms = new Map()
  subscriber.on('messageBuffer', (channel, data) => {
    for (const socket of rooms.get(channel.toString()) ?? []) socket.send(data, { binary: false })
  })
  const join = async (socket, room) => {
    const channel = `${prefix}:${room}`
    if (!rooms.has(channel)) rooms.set(channel, new Set())
    rooms.get(channel).add(socket)
    socket.on('close', () => rooms.get(channel).delete(socket))
    await subscriber.subscribe(channel)
  }
  const server = createServer()
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', async (socket, { url }) => {
    socket.on('message', (text) => {
      const { room, event, data } = JSON.parse(text)
      publisher.publish(`${prefix}:${room}`, JSON.stringify({ event, data }))
    })
    const wanted = new URL(url, 'http://localhost').searchParams.get('room')
    if (wanted !== null) await join(socket, wanted)
    socket.send('ready')
  })
  return { port: await listen(server) }
}
