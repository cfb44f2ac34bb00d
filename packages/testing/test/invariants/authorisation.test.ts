import { Hub } from '@chat/core'
import { type World, world } from '@chat/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { open } from '../support/clients.ts'

/** Two hubs with a list of users that may not connect, and a list of users that may not be in a room. */
function guarded(w: World) {
  const [expelled, banned] = [new Set<string>(), new Set<string>()]
  const options = {
    authenticate: ({ token }: { token: string | null }) =>
      expelled.has(token ?? '') ? null : { id: token ?? '' },
    authorize: ({ user, address }: { user: { id: string }; address: string }) =>
      !banned.has(`${user.id} ${address}`),
  }
  return { hubs: [w.hub(options), w.hub(options)] as const, expelled, banned }
}

describe('revoking at one node, with the connection at another', () => {
  test('SEC-25: a kicked user is out within two seconds, for good, at any hub', () =>
    world({}, async (w) => {
      const { hubs, expelled } = guarded(w)
      const [here, there, away] = [
        await w.client(hubs[0], 'alice'),
        await w.client(hubs[1], 'alice'),
        await w.client([hubs[1], hubs[0]], 'alice'),
      ]
      w.link(away).cut('10s')
      await w.advance('1s')
      expelled.add('alice')
      await hubs[0].kick('@alice', { reason: 'see the rules' })
      await w.advance('2s')
      expect([here.status, there.status, away.status]).toEqual(['closed', 'closed', 'reconnecting'])
      await w.advance('60s')
      expect(away.status).toBe('closed')
      expect(hubs.flatMap(({ sessions }) => sessions)).toEqual([])
    }))

  test('I12, F21: messages after the removal of a user from a room do not reach her until she may join again', () =>
    world({}, async (w) => {
      const { hubs, banned } = guarded(w)
      const alice = await w.client(hubs[1], 'alice')
      const room = alice.join('#club')
      await room.ready
      const left: string[] = []
      room.on('$leave', ({ error }) => left.push(`${error.code}: ${error.message}`))
      await hubs[0].to('#club').send('say', 'before')
      await w.settle()
      banned.add('alice #club')
      await hubs[0].to('#club').remove('@alice', { code: 'club/rules', message: 'see the rules' })
      await w.advance('2s')
      await hubs[0].to('#club').send('say', 'after')
      await expect(alice.join('#club').ready).rejects.toMatchObject({ code: 'forbidden' })
      banned.clear()
      await alice.join('#club').ready
      await hubs[0].to('#club').send('say', 'again')
      await w.settle()
      expect(w.seen(alice, '#club').map(({ data }) => data)).toEqual(['before', 'again'])
      expect(left).toEqual(['club/rules: see the rules'])
    }))

  test('SEC-25: a kick whose hint is lost between the nodes takes effect when the session is renewed', () =>
    world({}, async (w) => {
      const { hubs, expelled } = guarded(w)
      const alice = await w.client(hubs[1], 'alice')
      w.backplane.hints({ lose: 1 }, '10s')
      expelled.add('alice')
      await hubs[0].kick('@alice')
      await w.advance('2s')
      expect(alice.status).toBe('connected')
      await w.advance('60s')
      expect(alice.status).toBe('closed')
    }))
})

describe('a world notices a hub', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test.each([1, 2])('I12: that does not put out whom it kicks (%i hubs)', (nodes) => {
    vi.spyOn(Hub.prototype, 'kick').mockResolvedValue()
    const broken = world({}, async (w) => {
      const hubs = Array.from({ length: nodes }, () => w.hub(open))
      const alice = await w.client(hubs, 'alice')
      await hubs[0]?.kick('@alice')
      await w.advance('3s')
      await hubs[0]?.to('*').send('say', 'after')
      await w.settle()
      expect(w.seen(alice, '*')).toHaveLength(1)
    })
    return expect(broken).rejects.toThrow(/I12 does not hold.*stored after its session was ended/s)
  })

  test.each([1, 2])('I12: that takes a room away, and goes on with it (%i hubs)', (nodes) => {
    const { to } = Hub.prototype
    vi.spyOn(Hub.prototype, 'to').mockImplementation(function (this: Hub, address) {
      return { ...to.call(this, address), remove: () => Promise.resolve() }
    })
    const broken = world({}, async (w) => {
      const hubs = Array.from({ length: nodes }, () => w.hub(open))
      const alice = await w.client(hubs, 'alice')
      await alice.join('#club').ready
      await hubs[0]?.to('#club').remove('@alice')
      await w.advance('3s')
      await hubs[0]?.to('#club').send('say', 'after')
      await w.settle()
    })
    return expect(broken).rejects.toThrow(/I12 does not hold.*after the room was taken from @alice/s)
  })
})
