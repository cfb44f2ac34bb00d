import { serveChat } from './chat.mjs'

export { wire } from '../clients/chat.mjs'
export const title = '**@chat**'
export const nodes = 1
export const broker = null
export const built = ['hub']
export const serve = ({ settings }) => serveChat(settings)
