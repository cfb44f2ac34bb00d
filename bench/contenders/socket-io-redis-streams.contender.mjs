import { createAdapter } from '@socket.io/redis-streams-adapter'
import { Redis } from 'ioredis'
import { serveSocketIo } from './socket-io.mjs'

export { wire } from '../clients/socket-io.mjs'
export const title = 'Socket.IO, `redis-streams-adapter`'
export const nodes = 2
export const broker = 'redis'

export const serve = ({ urls, prefix }) =>
  serveSocketIo({ adapter: createAdapter(new Redis(urls.redis), { streamName: prefix }) })
