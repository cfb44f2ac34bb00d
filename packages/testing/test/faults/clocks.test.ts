import type { Client, Hub, Untyped } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, outcomes, people, upTo } from '../support/clients.ts'

test.each([0.9, 1.1])(
  'S-33: one node whose clock runs at %d: nothing is lost or doubled, and nobody is closed for it',
  (rate) =>
    world({ backplaneLatency: [0, 20] }, async (w) => {
      const hubs = [w.hub(open), w.hub(open)]
      const clients = await people(w, hubs, ['alice', 'bob', 'carol', 'dave'])
      w.skew(hubs[1] as Hub, rate, '10m')
      w.backplane.hints({ lose: 0.2 }, '100s')
      const sends: Promise<unknown>[] = []
      for (const i of upTo(60)) {
        sends.push((clients[i % 4] as Client<Untyped>).to('#lobby').send('say', i))
        await w.advance('5s')
      }
      const ended = outcomes(sends)
      await w.advance('60s')
      expect(ended).toEqual(sends.map(() => 'stored'))
      for (const client of clients) {
        expect(
          w
            .seen(client, '#lobby')
            .map(({ data }) => Number(data))
            .toSorted((a, b) => a - b),
        ).toEqual(upTo(60))
        expect(w.gaps(client, '#lobby')).toEqual([])
        expect(w.statuses(client)).toEqual(['connected'])
      }
    }),
)

test('S-35: links that are clogged one after the other and unclogged in any order: every client reconnects and catches up', async () => {
  for (const seed of upTo(8))
    await world({ seed }, async (w) => {
      const hubs = [w.hub(open), w.hub(open)]
      const clients = await people(w, hubs, ['alice', 'bob', 'carol', 'dave', 'erin'])
      const sends: Promise<unknown>[] = []
      const talk = (): unknown =>
        sends.push(hubs[sends.length % 2]?.to('#lobby').send('say', sends.length) as Promise<unknown>)
      for (const client of clients) {
        w.link(client).stall()
        talk()
        await w.advance(Math.floor(w.random() * 20_000))
      }
      const clogged = [...clients]
      while (clogged.length > 0) {
        const [client] = clogged.splice(Math.floor(w.random() * clogged.length), 1)
        if (client !== undefined) w.link(client).restore()
        talk()
        await w.advance(Math.floor(w.random() * 20_000))
      }
      await w.advance('60s')
      for (const client of clients) {
        expect(client.status).toBe('connected')
        expect(
          w
            .seen(client, '#lobby')
            .map(({ data }) => Number(data))
            .toSorted((a, b) => a - b),
        ).toEqual(upTo(sends.length))
        expect(w.gaps(client, '#lobby')).toEqual([])
      }
    })
})

test('a node whose time of day is wrong: messages have the time of the log, and nothing else changes', () =>
  world({ backplaneLatency: [0, 20] }, async (w) => {
    const hubs = [w.hub(open), w.hub(open)]
    const clients = await people(w, hubs, ['alice', 'bob', 'carol', 'dave'])
    const start = w.runtime('watch').wallTime()
    w.shiftClock(hubs[0] as Hub, 600_000, '10m')
    w.shiftClock(hubs[1] as Hub, -600_000, '10m')
    for (const i of upTo(20)) {
      await (clients[i % 4] as Client<Untyped>).to('#lobby').send('say', i)
      await w.advance('5s')
    }
    const end = w.runtime('another watch').wallTime()
    for (const client of clients) {
      const times = w.seen(client, '#lobby').flatMap((got) => (got.durable ? [got.time] : []))
      expect(times).toHaveLength(20)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(Math.min(...times)).toBeGreaterThanOrEqual(start)
      expect(Math.max(...times)).toBeLessThanOrEqual(end)
      expect(w.gaps(client, '#lobby')).toEqual([])
      expect(w.statuses(client)).toEqual(['connected'])
    }
  }))
