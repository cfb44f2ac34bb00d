// Runs a hub on Bun.serve and a client over Bun's own WebSocket: a room, a user, a refused token, and a page
// beside the hub. All connections must be closed at the end.
import { deepEqual, equal } from 'node:assert/strict'
import { dial } from '@chat/browser'
import { bunHandler } from '@chat/bun'
import { Client, Hub } from '@chat/core'

const hub = new Hub({
  authenticate: ({ token, params }) => (token === 'secret' ? { id: params.user } : null),
  authorize: () => true,
})
const chat = bunHandler(hub, { path: '/ws/:user', fetch: () => new Response('page') })
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: chat.fetch, websocket: chat.websocket })
const enter = (user, token) => new Client({ dial: dial(`ws://127.0.0.1:${server.port}/ws/${user}`), token })
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
equal(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), 'page')

const mallory = enter('mallory', 'guessed')
const refused = await new Promise((resolve) =>
  mallory.on('$status', ({ status, error }) => status === 'closed' && resolve(error)),
)
equal(refused?.code, 'unauthorized')

alice.close()
bob.close()
await hub.close()
await server.stop()
