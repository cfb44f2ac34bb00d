import { serveSocketIo } from './socket-io.mjs'

export { wire } from '../clients/socket-io.mjs'
export const title = 'Socket.IO'
export const nodes = 1
export const broker = null
export const serve = () => serveSocketIo({})
