// Runs a hub over HTTP alone, on the runtime's own server, with clients that never open a WebSocket.
import { deepEqual, equal } from 'node:assert/strict'
import { createServer } from 'node:http'
import { Client, Hub } from '@chat/core'
import { httpHandler as forRequests } from '@chat/http'
import { dial } from '@chat/http/client'
import { nodeHttpHandler as forNode } from '@chat/http/node'

const hub = new Hub({
  authenticate: ({ token }) => (token === null ? null : { id: token }),
  authorize: ({ address }) => address !== '#secret',
})
const { port, stop } = await listen()
const [alice, bob] = ['alice', 'bob'].map(
  (token) => new Client({ dial: dial(`http://127.0.0.1:${port}/chat`), token }),
)

const said = []
const room = bob.join('#lobby')
room.on('say', ({ text }, { from }) => said.push([from, text]))
await room.ready
for (const text of ['hi ☕', 'x'.repeat(60_000)]) await alice.to('#lobby').send('say', { text })
await hub.to('#lobby').send('say', { text: 'welcome' })
await bob.history('#lobby')
deepEqual(
  said.map(([from, text]) => [from, text.length]),
  [
    ['alice', 4],
    ['alice', 60_000],
    [null, 7],
  ],
)
await alice
  .to('#secret')
  .send('say', 'psst')
  .then(
    () => Promise.reject(new Error('a refused message was accepted')),
    ({ code }) => equal(code, 'forbidden'),
  )

alice.close()
bob.close()
await hub.close()
await stop()

async function listen() {
  if ('Bun' in globalThis || 'Deno' in globalThis) {
    const chat = forRequests(hub, { path: '/chat' })
    const fetch = async (request) => (await chat.fetch(request)) ?? new Response('page', { status: 404 })
    if ('Bun' in globalThis) {
      const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 30, fetch })
      return { port: server.port, stop: () => server.stop() }
    }
    const server = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen() {} }, fetch)
    return { port: server.addr.port, stop: () => server.shutdown() }
  }
  const server = createServer()
  const chat = forNode(hub, { path: '/chat' })
  server.on('request', (request, response) => chat(request, response) || response.writeHead(404).end())
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port, stop: () => new Promise((resolve) => server.close(resolve)) }
}
