import { world } from '@chat/testing'
import { expect, test } from 'vitest'

test('a send at a room that was left is refused in a world as elsewhere', () =>
  world({ seed: 1 }, async (w) => {
    const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
    const alice = await w.client(hub, 'alice')
    const [left, other] = [alice.join('#a'), alice.join('#a')]
    await left.send('say', 1)
    left.leave()
    await expect(left.send('say', 2)).rejects.toThrow('this handle of #a has left')
    await other.send('say', 3)
    expect((await hub.to('#a').history()).messages.map(({ data }) => data)).toEqual([1, 3])
  }))
