// Serves the folder in its argument, and a hub beside it. Prints its port, and then every message that it
// receives.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { Hub } from '@chat/core'
import { attach } from '@chat/node-ws'

const folder = process.argv[2]
const types = { '.html': 'text/html', '.js': 'text/javascript' }

const hub = new Hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
for (const event of ['say', 'dm']) {
  hub.on(event, (data, { from, address }) => console.log(JSON.stringify([from, address, event, data])))
}
const server = createServer(async (request, response) => {
  if (request.url === '/token') return response.end('alice')
  const path = request.url === '/' ? '/index.html' : request.url
  try {
    const body = await readFile(join(folder, path))
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain' }).end(body)
  } catch {
    response.writeHead(404).end()
  }
})
attach(hub, server, { path: '/chat' })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
