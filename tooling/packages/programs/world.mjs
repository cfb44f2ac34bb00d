// Runs a minute of a simulated world.
import { deepEqual } from 'node:assert/strict'
import { world } from '@chat/testing'

await world({ seed: 7 }, async (w) => {
  const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
  const alice = await w.client(hub, 'alice')
  const bob = await w.client(hub, 'bob')
  await bob.join('#general').ready

  w.link(bob).cut('45s')
  for (let i = 0; i < 20; i++) await alice.to('#general').send('say', i)
  await w.advance('60s')

  deepEqual(
    w.seen(bob, '#general').map(({ data }) => data),
    [...Array(20).keys()],
  )
})
