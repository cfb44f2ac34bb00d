import { importBuilt, serveChat } from './chat.mjs'

export { wire } from '../clients/chat.mjs'
export const title = '**@chat over Redis**'
export const nodes = 2
export const broker = 'redis'
export const built = ['hub', 'redis']

export async function serve({ urls, prefix }) {
  const { redisBackplane } = await importBuilt('redis')
  return serveChat({ backplane: await redisBackplane({ url: urls.redis, prefix }) })
}
