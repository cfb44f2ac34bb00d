import { serveWs } from './ws.mjs'

export { wire } from '../clients/ws-ack.mjs'
export const title = '`ws`, with acknowledgements'
export const nodes = 1
export const broker = null
export const serve = () => serveWs({ byQuery: false })
