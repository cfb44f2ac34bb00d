import { serveWs } from './ws.mjs'

export { wire } from '../clients/ws.mjs'
export const title = '`ws`'
export const nodes = 1
export const broker = null
export const serve = () => serveWs({ byQuery: true })
