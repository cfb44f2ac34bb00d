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

describe('the members of a room, with faults', () => {
  test('S-25: the members of a hub without its backplane are gone when its lease is over, and are back when it has the backplane again', () =>
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

  test('S-26: a session whose entry has no answer, and that does not resume, is gone after the grace', () =>
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

  test('S-26, P-PR-6: a session that resumes after the lease of its dead hub has its old state', () =>
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

  test('S-26: a state set while the hub stood still wins over the state that the hub writes again', () =>
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

  test('S-26: a state that the hub could not take is sent again', () =>
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

  test('S-26: a change without a hint is found by the next read', () =>
    world({ seed: 6 }, async (w) => {
      const { bob, hers } = await apart(w)
      w.backplane.hints({ lose: 1 }, '2s')
      bob.close()
      await w.advance('2s')
      expect(shown(hers)).toEqual(['alice a', 'bob b'])
      await w.advance('30s')
      expect(shown(hers)).toEqual(['alice a'])
    }))

  test('S-26: a store that has lost its members gets them again, also from hubs without a change', () =>
    world({ seed: 7 }, async (w) => {
      const { hub, hers } = await apart(w)
      w.backplane.wipe()
      await w.advance('30s')
      const carols = enter(await w.client(hub, 'carol'), 'c')
      await w.advance('1s')
      for (const here of [hers, carols]) expect(shown(here)).toEqual(['alice a', 'bob b', 'carol c'])
    }))

  test('S-26: a single hub that stood still for longer than its lease keeps its members', () =>
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
