import { type Client, type Hub, type Presence, watchPresence } from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'

const options = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
  presence: {},
}

const shown = (here: Presence): Record<string, unknown[]> =>
  Object.fromEntries(
    [...here.users].map(([user, members]) => [user, members.map(({ state }) => state)]).toSorted(),
  )

const enter = (client: Client, state?: unknown): Presence =>
  watchPresence(client.join('#a', state === undefined ? {} : { state }))

/** People who only are there. */
async function crowd(w: World, hub: Hub, size: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: size }, (_, i) => w.client(hub, `user ${i}`)))
  await Promise.all(clients.map((client) => client.join('#a').ready))
}

describe('the members of a room', () => {
  test('P-PR-1, U-19: are the same for all clients, also across nodes, by user', () =>
    world({ seed: 1 }, async (w) => {
      const [one, other] = [w.hub(options), w.hub(options)]
      const clients = [
        await w.client(one, 'alice'),
        await w.client(other, 'bob'),
        await w.client(one, 'alice'),
      ]
      const heres = clients.map((client, i) => enter(client, i))
      await w.advance('1s')
      for (const here of heres) {
        expect(shown(here)).toEqual({ alice: expect.arrayContaining([0, 2]), bob: [1] })
        expect(here.count).toBe(3)
      }
      heres[1]?.set('busy')
      await w.advance('1s')
      for (const here of heres) expect(shown(here)['bob']).toEqual(['busy'])
    }))

  test('P-PR-5, S-27: a connection lost for less than the grace is no change for the room; lost for longer, it is a leave and a join', () =>
    world({ seed: 2 }, async (w) => {
      const hub = w.hub(options)
      const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
      const changes: string[] = []
      watchPresence(alice.join('#a'), {
        onChange({ joined, left }) {
          for (const { user } of joined) changes.push(`+${user}`)
          for (const { user } of left) changes.push(`-${user}`)
        },
      })
      await w.advance('1s')
      enter(bob, 'there')
      await w.advance('1s')
      w.link(bob).cut('3s')
      await w.advance('30s')
      expect(changes).toEqual(['+alice', '+bob'])
      w.link(bob).cut('20s')
      await w.advance('60s')
      expect(changes).toEqual(['+alice', '+bob', '-bob', '+bob'])
    }))

  test('P-PR-5: a client that is closed has left at once, at every node', () =>
    world({ seed: 8 }, async (w) => {
      const [one, other] = [w.hub(options), w.hub(options)]
      const [alice, bob] = [await w.client(one, 'alice'), await w.client(other, 'bob')]
      const here = enter(alice)
      enter(bob)
      await w.advance('1s')
      expect(Object.keys(shown(here))).toEqual(['alice', 'bob'])
      bob.close()
      await w.advance('1s')
      expect(Object.keys(shown(here))).toEqual(['alice'])
    }))

  test('P-PR-2, P-PR-6: after a resume a client requests the members, and has its old state', () =>
    world({ seed: 3 }, async (w) => {
      const hub = w.hub(options)
      const [alice, bob, carol] = [
        await w.client(hub, 'alice'),
        await w.client(hub, 'bob'),
        await w.client(hub, 'carol'),
      ]
      const here = enter(alice, 'first')
      const theirs = enter(bob)
      enter(carol)
      await w.advance('1s')
      w.link(alice).cut('20s')
      await w.advance('1s')
      carol.close()
      await w.advance('60s')
      expect(shown(here)).toEqual({ alice: ['first'], bob: [null] })
      expect(shown(theirs)).toEqual(shown(here))
    }))

  test('P-HS-8: a session that could not be resumed says its state again', () =>
    world({ seed: 4 }, async (w) => {
      const hub = w.hub(options)
      const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
      enter(alice, 'mine')
      const theirs = enter(bob)
      await w.advance('1s')
      w.link(alice).cut('200s')
      await w.advance('300s')
      expect(shown(theirs)).toEqual({ alice: ['mine'], bob: [null] })
    }))

  test('P-PR-1: more than a page of members, and a crowd is only counted', () =>
    world({ seed: 5 }, async (w) => {
      const hub = w.hub(options)
      const first = enter(await w.client(hub, 'first'))
      await crowd(w, hub, 149)
      const last = enter(await w.client(hub, 'last'))
      await w.advance('5s')
      expect([first.count, first.members.size]).toEqual([151, 151])
      expect([last.count, last.members.size]).toEqual([151, 151])
      await crowd(w, hub, 60)
      await w.advance('5s')
      expect([first.count, last.count]).toEqual([211, 211])
    }))

  test('a client gets more than a page of members, up to its own `max`', () =>
    world({ seed: 7 }, async (w) => {
      const hub = w.hub({ ...options, presence: { max: 500 } })
      await crowd(w, hub, 250)
      const room = (await w.client(hub, 'last')).join('#a')
      const [few, all] = [watchPresence(room), watchPresence(room, { max: 500 })]
      await w.advance('5s')
      expect([few.count, few.members.size]).toEqual([251, 100])
      expect([all.count, all.members.size]).toEqual([251, 251])
    }))

  test('are empty when the room is left, and are shown again in the next join', () =>
    world({ seed: 8 }, async (w) => {
      const hub = w.hub(options)
      const alice = await w.client(hub, 'alice')
      enter(await w.client(hub, 'bob'))
      const changes: string[] = []
      const room = alice.join('#a')
      const here = watchPresence(room, {
        onChange({ address, presence: { count }, joined, left }) {
          changes.push(`${address} ${count} +${joined.length} -${left.length}`)
        },
      })
      await w.advance('1s')
      room.leave()
      expect([here.closed, here.count, here.users.size]).toEqual([true, 0, 0])
      expect(changes.at(-1)).toBe('#a 0 +0 -2')
      const again = enter(alice)
      await w.advance('1s')
      expect([again.closed, again.count]).toEqual([false, 2])
    }))

  test('are empty when the hub has no presence', () =>
    world({ seed: 6 }, async (w) => {
      const { presence: _, ...none } = options
      const alice = await w.client(w.hub(none), 'alice')
      const errors: unknown[] = []
      alice.on('$error', ({ error, subject }) => subject === '#a' && errors.push(error))
      const here = enter(alice)
      w.link(alice).cut('1s')
      await w.advance('10s')
      expect([here.count, errors]).toEqual([0, []])
    }))
})
