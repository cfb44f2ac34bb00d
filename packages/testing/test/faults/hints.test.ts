import type { Client, Untyped } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, people, upTo } from '../support/clients.ts'

test('S-12: hints between nodes that are lost, doubled, late and out of order: no gap, every message once and in order', async () => {
  for (const seed of upTo(5))
    await world({ seed, backplaneLatency: [0, 80] }, async (w) => {
      const hubs = [w.hub(open), w.hub(open), w.hub(open)]
      const clients = await people(w, hubs, ['alice', 'bob', 'carol'])
      w.backplane.hints({ lose: 0.3, double: 0.3 }, '40s')
      for (const i of upTo(60)) {
        clients[i % 3]
          ?.to('#lobby')
          .send('say', i)
          .catch(() => {})
        await w.advance(Math.floor(w.random() * 400))
      }
      await w.advance('60s')
      const [first, ...others] = clients.map((client) => w.seen(client, '#lobby').map(({ data }) => data))
      expect(first?.toSorted((a, b) => Number(a) - Number(b))).toEqual(upTo(60))
      for (const other of others) expect(other).toEqual(first)
      for (const client of clients) {
        expect(w.gaps(client, '#lobby')).toEqual([])
        expect(w.statuses(client)).toEqual(['connected'])
      }
    })
})

test('S-13, BP-08: a subscription that is alive and silent for a minute: each message arrives within the check interval all the same', () =>
  world({ backplaneLatency: [1, 5] }, async (w) => {
    const hubs = [w.hub(open), w.hub(open)]
    const [alice, bob] = (await people(w, hubs, ['alice', 'bob'])) as [Client<Untyped>, Client<Untyped>]
    const delays: number[] = []
    bob.join('#lobby').on('say', (at) => delays.push(w.now - Number(at)))
    w.backplane.hints({ lose: 1 }, '60s')
    for (let i = 0; i < 60; i++) {
      await alice.to('#lobby').send('say', w.now)
      await w.advance('1s')
    }
    await w.advance('15s')
    expect(delays).toHaveLength(60)
    // Hubs look every ten seconds, at the beat of their heartbeat.
    expect(Math.max(...delays)).toBeLessThan(16_000)
    expect(Math.max(...delays)).toBeGreaterThan(5_000)
    expect(w.gaps(bob, '#lobby')).toEqual([])
  }))
