// tunnel.test.ts
import { world } from '@chat/testing'
import { expect, test } from 'vitest'

test('bob catches up after a tunnel', () =>
  world({ seed: 7 }, async (w) => {
    const hub = w.hub({
      authenticate: ({ token }) => ({ id: token ?? '' }),
      authorize: () => true,
    })
    const alice = await w.client(hub, 'alice')
    const bob = await w.client(hub, 'bob')
    await bob.join('#general').ready

    w.link(bob).cut('45s')
    for (let i = 0; i < 20; i++) await alice.to('#general').send('say', { i })
    await w.advance('60s') // a minute passes on the virtual clock, and almost no real time

    const numbers = w.seen<{ i: number }>(bob, '#general').map(({ data }) => data.i)
    expect(numbers).toEqual([...Array(20).keys()])
  }))
