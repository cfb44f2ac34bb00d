// Runs a hub and two clients in one process, over the network in memory.
import { deepEqual, equal } from 'node:assert/strict'
import { Client, Hub, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'

const hub = new Hub({
  authenticate: ({ token }) => (token === null ? null : { id: token }),
  authorize: ({ address }) => address !== '#secret',
})
const network = new MemoryNetwork(systemRuntime)
network.listen('hub', hub)
const [alice, bob] = ['alice', 'bob'].map((token) => new Client({ dial: network.dialer('hub'), token }))

const said = []
const room = bob.join('#lobby')
room.on('say', (data, { from }) => said.push([from, data]))
await room.ready
const { position } = await alice.to('#lobby').send('say', { text: 'hi' })
await alice.to('#lobby').send('say', { text: 'there' })
await hub.to('#lobby').send('say', { text: 'welcome' })
await bob.history('#lobby')

equal(position[1], 1)
deepEqual(
  said.map(([, { text }]) => text),
  ['hi', 'there', 'welcome'],
)
equal(said[0][0], 'alice')
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
