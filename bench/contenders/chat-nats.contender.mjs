import { importBuilt, serveChat } from './chat.mjs'

export { wire } from '../clients/chat.mjs'
export const title = '**@chat over NATS**'
export const nodes = 2
export const broker = 'nats'
export const built = ['hub', 'nats']

export async function serve({ urls, prefix }) {
  const { natsBackplane } = await importBuilt('nats')
  return serveChat({ backplane: await natsBackplane({ servers: urls.nats, prefix }) })
}
