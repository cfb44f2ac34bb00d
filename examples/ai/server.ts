// The server: `start.ts` runs it, and starts it again when it was killed.
import { createServer } from 'node:http'
import { attach } from '@chat/node-ws'
import { sqliteBackplane } from '@chat/sqlite'
import Database from 'libsql'
import { makeHub } from './hub.ts'
import { site } from './site.ts'

const { PORT = '3000', HOST = '127.0.0.1', DATA = 'conversations.db', PACE = '60' } = process.env

// Prompts, answers and their parts are in a file, so they survive the end of the process.
const hub = makeHub(sqliteBackplane(new Database(DATA)), Number(PACE))
const show = await site()
const server = createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/kill') return show(request, response)
  response.end()
  response.on('finish', () => process.kill(process.pid, 'SIGKILL'))
})
attach(hub, server, { path: '/chat' })
server.listen(Number(PORT), HOST, () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : PORT
  console.log(`Open http://${HOST}:${port}`)
  process.send?.({ port })
})

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    server.close()
    server.closeIdleConnections()
    void hub.close().then(() => process.exit(0))
  })
