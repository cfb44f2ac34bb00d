import type { Backplane, PresencePage, PresenceStore } from '@chat/core/backplane'
import { MemoryBackplane } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { altered, paths, type Stage, stage } from '../../support/stage.ts'

type Members = PresenceStore['members']

const free = { limits: { rate: 100_000, burst: 100_000 } }

/** A stage whose first hub counts its reads of members, and may get other answers. */
function counting(
  options: Parameters<typeof stage>[0],
  answer: (real: Members) => Members = (real) => real,
): { s: Stage; reads: () => number } {
  let reads = 0
  const wrap = (real: Backplane): Backplane => {
    const members = answer(real.presence.members)
    const counted: Members = (room, known) => {
      // The list of the living nodes is no room of clients.
      if (room.startsWith('#')) reads++
      return members(room, known)
    }
    return altered(real, { presence: { ...real.presence, members: counted } })
  }
  return { s: stage({ presence: {}, wrap, ...free, ...options }), reads: () => reads }
}

const crowd = async (s: Stage, size: number, to = 1): Promise<void> => {
  for (let n = 0; n < size; n++) await (await s.client(`user ${n}`, {}, to)).request('join', '#a')
}

describe('reads of a room’s members', () => {
  test.each(paths)('repeated questions from outside the room cost one read in all (%s)', async (path) => {
    const { s, reads } = counting({ path })
    s.another()
    await crowd(s, 20, 2)
    const before = reads()
    const outsider = await s.client('outsider')
    for (let n = 0; n < 20; n++) {
      const answer = await outsider.request('who', '#a', { limit: 1 })
      expect(answer).toMatchObject({ ok: true, result: { count: 20 } })
    }
    expect(reads() - before).toBe(1)
  })

  test('an unused room is closed', async () => {
    const { s, reads } = counting({})
    s.another()
    await crowd(s, 2, 2)
    const outsider = await s.client('outsider')
    await outsider.request('who', '#a')
    await s.advance(60_000)
    const before = reads()
    await s.advance(60_000)
    expect(reads() - before).toBeLessThan(10)
  })

  test.each(paths)(
    'a store that answers an old revision is asked again after a while, not at once (%s)',
    async (path) => {
      let stuck: PresencePage | null = null
      const { s, reads } = counting({ path }, (real) => (room, known) => stuck ?? real(room, known))
      const alice = await s.client('alice')
      await alice.request('join', '#a')
      stuck = { ...((await s.store.presence.members('#a', null)) as PresencePage) }
      s.another()
      await crowd(s, 3, 2)
      const before = reads()
      await s.advance(10_500)
      expect(reads() - before).toBeLessThan(150)
      stuck = null
      await s.advance(1_000)
      expect(await alice.request('who', '#a')).toMatchObject({ ok: true, result: { count: 4 } })
    },
  )

  test('in a busy room, a lost hint costs one or two reads, not one after the other', async () => {
    const { s } = counting({})
    let reads = 0
    let lost = 0
    const real = new MemoryBackplane(s.store, { latency: () => 5 })
    const store: PresenceStore = {
      ...real.presence,
      members(room, known) {
        reads++
        return real.presence.members(room, known)
      },
      watch: (room, listener) =>
        real.presence.watch(room, (hint) => (lost++ === 30 ? undefined : listener(hint))),
    }
    s.another({ backplane: altered(real, { presence: store }) })
    const clients = await people(s, 20)
    const before = reads
    for (let n = 0; n < 200; n++) {
      const client = clients[n % 20]
      client?.write(['state', client.next(), '#a', n])
      await s.advance(1)
    }
    await s.settle()
    expect(lost).toBeGreaterThan(200)
    expect(reads - before).toBeLessThan(4)
    const asked = s.hub.to('#a').members()
    expect((await asked).length).toBe(20)
    expect(await clients[0]?.request('who', '#a', { limit: 1 })).toMatchObject({ result: { count: 20 } })
  })
})

async function people(s: Stage, size: number): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (let n = 0; n < size; n++) {
    const client = await s.client(`person ${n}`, {}, 2)
    await client.request('join', '#a')
    clients.push(client)
  }
  return clients
}
