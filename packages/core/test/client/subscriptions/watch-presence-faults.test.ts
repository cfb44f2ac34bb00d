import { type Client, type Presence, watchPresence } from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'

const options = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
  presence: {},
}

/** Two hubs, alice at one of them and bob at the other, both in the room. */
async function apart(w: World) {
  const [hub, other] = [w.hub(options), w.hub(options)]
  const [alice, bob] = [await w.client(hub, 'alice'), await w.client([other, hub], 'bob')]
  const [hers, his] = [enter(alice, 'a'), enter(bob, 'b')]
  await w.advance('1s')
  return { hub, other, alice, bob, hers, his }
}

const enter = (client: Client, state: unknown): Presence => watchPresence(client.join('#a', { state }))

const shown = ({ members }: Presence): string[] =>
  [...members.values()].map(({ user, state }) => `${user} ${state}`).sort()

describe('who is here, whatever goes wrong', () => {
  test('S-25: a hub that is out of reach of the others counts as gone when its lease is over, and takes nothing meanwhile; then everyone is back', () =>
    world({ seed: 1 }, async (w) => {
      const { other, bob, hers, his } = await apart(w)
      w.backplane.outage('45s', other)
      let sent = false
      const sending = bob
        .to('#a')
        .send('say', 'hi')
        .then(
          () => {
            sent = true
          },
          () => {},
        )
      await w.advance('25s')
      expect([shown(hers), sent]).toEqual([['alice a', 'bob b'], false])
      await w.advance('19s')
      expect([shown(hers), sent]).toEqual([['alice a'], false])
      await w.advance('30s')
      expect([shown(hers), shown(his)]).toEqual([
        ['alice a', 'bob b'],
        ['alice a', 'bob b'],
      ])
      await sending
    }))

  test('S-26: when the answer to who has come is lost, and they do not come back, they are gone after the grace', () =>
    world({ seed: 2 }, async (w) => {
      const { hub, hers } = await apart(w)
      const carol = await w.client(hub, 'carol')
      w.backplane.loseAnswers(1, '5s')
      carol.join('#a')
      await w.advance('6s')
      carol.close()
      await w.advance('30s')
      expect(shown(hers)).toEqual(['alice a', 'bob b'])
    }))

  test('S-26, P-PR-6: who comes back when the lease of their dead hub is over has the state they had', () =>
    world({ seed: 3 }, async (w) => {
      const { other, bob, hers } = await apart(w)
      const { session } = bob
      w.crash(other)
      w.link(bob).cut('50s')
      await w.advance('45s')
      expect(shown(hers)).toEqual(['alice a'])
      await w.advance('30s')
      expect([shown(hers), bob.session]).toEqual([['alice a', 'bob b'], session])
    }))

  test('S-26: what is said of oneself while the hub stood still is the last word, not what the hub says again of itself', () =>
    world({ seed: 4 }, async (w) => {
      const { other, hers, his } = await apart(w)
      w.pause(other, '32s')
      await w.advance('20s')
      his.set('c')
      await w.advance('60s')
      expect([shown(hers), shown(his)]).toEqual([
        ['alice a', 'bob c'],
        ['alice a', 'bob c'],
      ])
    }))

  test('S-26: what could not be said of oneself is said when it can', () =>
    world({ seed: 5 }, async (w) => {
      const { other, bob, hers, his } = await apart(w)
      const errors: unknown[] = []
      bob.on('$error', ({ error }) => errors.push(error))
      w.backplane.outage('10s', other)
      await w.advance('1s')
      his.set('c')
      await w.advance('30s')
      expect([shown(hers), errors]).toEqual([['alice a', 'bob c'], []])
    }))

  test('S-26: what no hint has told of is found by looking', () =>
    world({ seed: 6 }, async (w) => {
      const { bob, hers } = await apart(w)
      w.backplane.hints({ lose: 1 }, '2s')
      bob.close()
      await w.advance('2s')
      expect(shown(hers)).toEqual(['alice a', 'bob b'])
      await w.advance('30s')
      expect(shown(hers)).toEqual(['alice a'])
    }))

  test('S-26: a store that has lost everything is told again, also by the hubs where nobody moves', () =>
    world({ seed: 7 }, async (w) => {
      const { hub, hers } = await apart(w)
      w.backplane.wipe()
      await w.advance('30s')
      const carols = enter(await w.client(hub, 'carol'), 'c')
      await w.advance('1s')
      for (const here of [hers, carols]) expect(shown(here)).toEqual(['alice a', 'bob b', 'carol c'])
    }))

  test('S-26: a hub alone that stood still for longer than its lease goes on with whom it has', () =>
    world({ seed: 8, backplaneLatency: 0 }, async (w) => {
      const hub = w.hub(options)
      const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
      const hers = enter(alice, 'a')
      await w.advance('1s')
      w.pause(hub, '33s')
      await w.advance('1s')
      enter(bob, 'b')
      await w.advance('60s')
      expect(shown(hers)).toEqual(['alice a', 'bob b'])
    }))
})
