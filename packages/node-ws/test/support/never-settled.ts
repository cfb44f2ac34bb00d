// A hub whose application never answers, with a client that waits. Prints the time from the close to the exit.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hub } from '@chat/core'
import { attach, connect } from '@chat/node-ws'

const never = (): Promise<never> => new Promise(() => {})
const hub = new Hub({
  authenticate: ({ token }) => (token === 'slow' ? never() : { id: 'alice' }),
  authorize: ({ address }) => (address === '#slow' ? never() : true),
})
hub.handle('slow', never)
const server = createServer()
attach(hub, server, { path: '/chat', origins: never })
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/chat`

const client = connect(url, { token: 'alice' })
const others = [connect(url, { token: 'slow' }), connect(url, { origin: 'https://app.example' })]
client.on('$error', () => {})
await client.join('#lobby').ready
client.join('#slow')
client.call('slow', null).catch(() => {})
await client.call('none', null).catch(() => {})

const start = performance.now()
for (const other of others) other.close()
await hub.close({ deadline: 500 })
client.close()
server.close()
process.on('exit', () => process.stdout.write(`closed after ${Math.round(performance.now() - start)} ms\n`))
