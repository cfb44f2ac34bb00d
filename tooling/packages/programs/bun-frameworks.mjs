// Runs Hono and Elysia beside a hub on a server of Bun: the routes of each framework and Hono's own
// WebSockets still work, and so do the hub's clients.
import { equal } from 'node:assert/strict'
import { dial } from '@chat/browser'
import { bunHandler } from '@chat/bun'
import { Client, Hub } from '@chat/core'
import { Elysia } from 'elysia'
import { Hono } from 'hono'
import { upgradeWebSocket, websocket } from 'hono/bun'

const hono = new Hono()
hono.get('/', (context) => context.text('hono'))
hono.get(
  '/echo',
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(`hono: ${data}`) })),
)
const elysia = new Elysia().get('/', () => 'elysia')

for (const [name, options] of Object.entries({
  hono: { fetch: hono.fetch, websocket },
  elysia: { fetch: elysia.fetch },
})) {
  const hub = new Hub({ authenticate: ({ token }) => ({ id: token }), authorize: () => true })
  const chat = bunHandler(hub, { path: '/chat', ...options })
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: chat.fetch, websocket: chat.websocket })
  const client = new Client({ dial: dial(`ws://127.0.0.1:${server.port}/chat`), token: 'alice' })
  const heard = new Promise((resolve) => client.on('say', resolve))
  await client.to('@alice').send('say', 'hi')
  equal(await heard, 'hi')
  equal(await (await fetch(server.url)).text(), name)
  if (name === 'hono') {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/echo`)
    const answer = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)))
    socket.addEventListener('open', () => socket.send('one'))
    equal(await answer, 'hono: one')
    socket.close()
  }
  client.close()
  await hub.close()
  await server.stop(true)
}
