// Runs a hub on an HTTP server, and clients over real WebSockets: rooms, users, everyone, and a refused
// token. All connections must be closed at the end.
import { deepEqual, equal } from 'node:assert/strict'
import { createServer } from 'node:http'
import { Hub } from '@chat/core'
import { attach, connect } from '@chat/node-ws'

const hub = new Hub({
  authenticate: ({ token, params }) => (token === 'secret' ? { id: params.user } : null),
  authorize: () => true,
})
hub.handle('rename', ({ name }, { user }) => `${user.id} is ${name}`)
const server = createServer((_request, response) => response.end('page'))
attach(hub, server, { path: '/ws/:user' })
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const enter = (user, token) => connect(`ws://127.0.0.1:${server.address().port}/ws/${user}`, { token })
const next = (target, event) =>
  new Promise((resolve) => {
    const undo = target.on(event, (data, { from }) => {
      undo()
      resolve([from, data])
    })
  })

const alice = enter('alice', 'secret')
const bob = enter('bob', 'secret')
const lobby = bob.join('#lobby')
await lobby.ready
const heard = [next(lobby, 'say'), next(bob, 'dm'), next(bob, 'news')]
await alice.to('#lobby').send('say', { text: 'hi ☕' })
await alice.to('@bob').send('dm', 'only for you')
await hub.broadcast('news', 'x'.repeat(100_000))
const [say, dm, news] = await Promise.all(heard)
deepEqual(say, ['alice', { text: 'hi ☕' }])
deepEqual(dm, ['alice', 'only for you'])
equal(news[1].length, 100_000)
equal(await alice.call('rename', { name: 'Al' }), 'alice is Al')

const mallory = enter('mallory', 'guessed')
const refused = await new Promise((resolve) =>
  mallory.on('$status', ({ status, error }) => status === 'closed' && resolve(error)),
)
equal(refused?.code, 'unauthorized')

alice.close()
bob.close()
await hub.close()
await new Promise((resolve) => server.close(resolve))
