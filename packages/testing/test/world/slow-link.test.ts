import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open } from '../support/clients.ts'

test('when a slow link is fast again, transmissions on their way move at the new speed', () =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub(open)
    const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
    await bob.join('#general').ready
    w.link(bob).limit(100)
    await alice.to('#general').send('say', 'x'.repeat(5_000))
    await w.advance('1s')
    expect(w.seen(bob, '#general')).toHaveLength(0)
    w.link(bob).restore()
    await w.advance('1s')
    expect(w.seen(bob, '#general')).toHaveLength(1)
  }))
