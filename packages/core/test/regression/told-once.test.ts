import { world } from '@chat/testing'
import { expect, test } from 'vitest'

test('a message in doubt at one node, stored by another to which its client went, is told to the application once', () =>
  world({ seed: 3 }, async (w) => {
    const told: unknown[] = []
    const open = {
      authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
      authorize: () => true,
    }
    const hubs = [1, 2].map(() => w.hub(open, (hub) => hub.on('say', (data) => told.push(data))))
    const [first] = hubs
    if (first === undefined) throw new Error('there is no hub')
    const alice = await w.client(hubs, 'alice')
    w.backplane.outage('20s', first)
    const sent = alice.to('#room').send('say', 'hi')
    await w.advance('1s')
    w.link(alice).reset({ client: 0, hub: null })
    await sent
    expect(told).toEqual(['hi'])
    // The first node is back, repeats its append, and learns that it was not the one.
    await w.advance('60s')
    expect(told).toEqual(['hi'])
  }))
