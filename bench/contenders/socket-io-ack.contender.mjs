import { serveSocketIo } from './socket-io.mjs'

export { acknowledgedWire as wire } from '../clients/socket-io.mjs'
export const title = 'Socket.IO, with acknowledgements'
export const nodes = 1
export const broker = null
export const serve = () => serveSocketIo({})
