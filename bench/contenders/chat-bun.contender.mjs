import { createHub, importBuilt } from './chat.mjs'

export { wire } from '../clients/chat.mjs'
export const title = '**@chat on Bun**'
export const nodes = 1
export const broker = null
export const built = ['bun']
export const runtime = 'bun'

export async function serve({ settings }) {
  const { Hub, bunHandler } = await importBuilt('bun')
  const chat = bunHandler(createHub(Hub, settings), { path: '/chat' })
  const server = globalThis.Bun.serve({ port: 0, hostname: '127.0.0.1', ...chat })
  return { port: server.port }
}
