import type { Client, Hub, Untyped } from '@chat/core'
import { type World, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, outcomes, people, upTo } from '../support/clients.ts'

/**
 * Bob was away while so many messages were said; now he comes back, over a link that takes a while for them.
 */
async function returning(w: World, hubs: readonly Hub[], messages: number): Promise<Client<Untyped>> {
  const [, bob] = (await people(w, hubs, ['alice', 'bob'])) as [Client<Untyped>, Client<Untyped>]
  w.link(bob).cut()
  const text = 'x'.repeat(100)
  await Promise.all(upTo(messages).map((i) => hubs[0]?.to('#lobby').send('say', [i, text])))
  w.link(bob).limit(100_000)
  w.link(bob).restore()
  return bob
}

test('S-11: a hub that crashes while a client attaches, or on any page of its replay: it goes on at another, in order and once', async () => {
  const replayed: number[] = []
  // While it attaches, and then page by page; the last of these comes when the replay is over.
  for (const moment of [...upTo(10).map((i) => 2 * i), ...upTo(8).map((i) => 100 + i * 300)])
    await world({ latency: 5, backplaneLatency: 3 }, async (w) => {
      let attaching: string | null = null
      const rules = {
        ...open,
        authorize: ({ user }: { user: { id: string } }) => {
          if (user.id === 'bob') attaching = user.id
          return true
        },
      }
      const hubs = [w.hub(rules), w.hub(rules)]
      const bob = await returning(w, hubs, 1_000)
      attaching = null
      for (let steps = 0; attaching === null && steps < 5_000; steps++) await w.advance(4)
      await w.advance(moment)
      replayed.push(w.seen(bob, '#lobby').length)
      w.crash(hubs[0] as Hub, { restart: '1s' })
      w.crash(hubs[1] as Hub, { restart: '1s' })
      await w.advance('40s')
      expect(w.seen<[number]>(bob, '#lobby').map(({ data }) => data[0])).toEqual(upTo(1_000))
      expect(w.gaps(bob, '#lobby')).toEqual([])
    })
  // No page of the replay, several pages, all pages.
  expect([replayed[0], replayed.at(-1)]).toEqual([0, 1_000])
  expect(new Set(replayed).size).toBeGreaterThan(3)
})

test('S-34: a hub that stands still for a minute: its clients move on, and its late work has no effect', () =>
  world({}, async (w) => {
    const hubs = [w.hub(open), w.hub(open)]
    const [alice, bob] = (await people(w, hubs, ['alice', 'bob'])) as [Client<Untyped>, Client<Untyped>]
    await alice.to('#lobby').send('say', 0)
    w.pause(hubs[0] as Hub, '60s')
    const sends: Promise<unknown>[] = []
    for (const i of upTo(90)) {
      sends.push((i % 2 === 0 ? alice : bob).to('#lobby').send('say', i + 1))
      await w.advance('1s')
    }
    const ended = outcomes(sends)
    await w.advance('60s')
    // Alice was at the hub that stood still, and noticed by the silence behind her first send.
    expect(w.statuses(alice)).toContain('reconnecting')
    expect(w.statuses(bob)).toEqual(['connected'])
    expect(ended).toEqual(upTo(90).map(() => 'stored'))
    for (const client of [alice, bob]) {
      const data = w.seen(client, '#lobby').map((message) => message.data as number)
      expect(data.toSorted((a, b) => a - b)).toEqual(upTo(91))
      expect(data.filter((i) => i % 2 === 0)).toEqual(upTo(91).filter((i) => i % 2 === 0))
      expect(w.gaps(client, '#lobby')).toEqual([])
    }
  }))

test('S-08: a connection that stalls for 1 to 40 s and heals after its client has moved on: late transmissions are dropped', async () => {
  let moved = 0
  for (const seconds of upTo(40).map((i) => i + 1))
    await world({ seed: seconds }, async (w) => {
      const hubs = [w.hub(open), w.hub(open)]
      const [alice, bob] = (await people(w, hubs, ['alice', 'bob'])) as [Client<Untyped>, Client<Untyped>]
      w.link(bob).stall(`${seconds}s`, (['both', 'down', 'up'] as const)[seconds % 3])
      const sends: Promise<unknown>[] = []
      for (const i of upTo(20)) {
        sends.push(alice.to('#lobby').send('say', `alice ${i}`), bob.to('#lobby').send('say', `bob ${i}`))
        await w.advance('1s')
      }
      const ended = outcomes(sends)
      await w.advance('90s')
      expect(ended).toEqual(sends.map(() => 'stored'))
      for (const client of [alice, bob])
        for (const name of ['alice', 'bob']) {
          const texts = w.seen(client, '#lobby').map(({ data }) => String(data))
          expect(texts.filter((text) => text.startsWith(name))).toEqual(upTo(20).map((i) => `${name} ${i}`))
        }
      if (w.statuses(bob).includes('reconnecting')) moved++
    })
  expect(moved).toBeGreaterThan(10)
})
