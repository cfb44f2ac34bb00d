import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open } from '../support/clients.ts'

test('the option `log` sets the bounds of the log that all hubs share', () =>
  world({ log: { retention: { count: 5 } } }, async (w) => {
    const hubs = [w.hub(open), w.hub(open)] as const
    const alice = await w.client(hubs[0], 'alice')
    const bob = await w.client(hubs[1], 'bob')
    await bob.join('#lobby').ready
    w.link(bob).cut('10s')
    for (let n = 0; n < 20; n++) await alice.to('#lobby').send('say', n)
    await w.advance('30s')
    expect(w.gaps(bob, '#lobby').map(({ reason }) => reason)).toEqual(['trimmed'])
  }))
