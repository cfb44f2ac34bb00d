// Runs a hub on Deno.serve and a client over Deno's own WebSocket: a room, a user, a refused token, and a
// page beside the hub. All connections must be closed at the end.
import { deepEqual, equal } from 'node:assert/strict'
import { dial } from '@chat/browser'
import { Client, Hub } from '@chat/core'
import { webSocketHandler } from '@chat/web-socket'

const hub = new Hub({
  authenticate: ({ token, params }) => (token === 'secret' ? { id: params.user } : null),
  authorize: () => true,
})
const chat = webSocketHandler(hub, { path: '/ws/:user', fetch: () => new Response('page') })
const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, chat.fetch)
const { port } = server.addr
const enter = (user, token) => new Client({ dial: dial(`ws://127.0.0.1:${port}/ws/${user}`), token })
const next = (target, event) =>
  new Promise((resolve) => target.on(event, (data, { from }) => resolve([from, data])))

const alice = enter('alice', 'secret')
const bob = enter('bob', 'secret')
const lobby = bob.join('#lobby')
await lobby.ready
const heard = [next(lobby, 'say'), next(bob, 'dm')]
await alice.to('#lobby').send('say', { text: 'hi ☕' })
await alice.to('@bob').send('dm', 'only for you')
deepEqual(await Promise.all(heard), [
  ['alice', { text: 'hi ☕' }],
  ['alice', 'only for you'],
])
equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'page')

const mallory = enter('mallory', 'guessed')
const refused = await new Promise((resolve) =>
  mallory.on('$status', ({ status, error }) => status === 'closed' && resolve(error)),
)
equal(refused?.code, 'unauthorized')

alice.close()
bob.close()
await hub.close()
await server.shutdown()
