import type { Hub } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, outcomes, people, upTo } from '../support/clients.ts'

test('S-23: three nodes are replaced, one after the other, during sends of all clients: no gap, no failed send, no message twice', () =>
  world({ seed: 5 }, async (w) => {
    const hubs = [w.hub(open), w.hub(open), w.hub(open)]
    const nodes = new Set(hubs.map(({ node }) => node))
    const clients = await people(w, hubs, ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'])
    const sessions = clients.map(({ session }) => session)
    const sends: Promise<unknown>[] = []
    const ended: string[][] = []
    const talk = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds * 2; i++) {
        const client = clients[sends.length % clients.length]
        if (client !== undefined) sends.push(client.to('#lobby').send('say', sends.length))
        ended.push(outcomes(sends.slice(-1)))
        await w.advance(500)
      }
    }
    for (const at of upTo(3)) {
      await talk(5)
      w.inject({ kind: 'drain', at: 0, hub: at, deadline: 5_000, for: 1_000 })
      await talk(15)
      expect(hubs.map((hub) => (hub as Hub).closing).filter(Boolean)).toHaveLength(at + 1)
    }
    await w.advance('20s')
    expect(ended.flat()).toEqual(sends.map(() => 'stored'))
    const [first, ...others] = clients.map((client) =>
      w.seen(client, '#lobby').map(({ data }) => Number(data)),
    )
    expect(first?.toSorted((a, b) => a - b)).toEqual(upTo(sends.length))
    for (const other of others) expect(other).toEqual(first)
    for (const client of clients) expect(w.gaps(client, '#lobby')).toEqual([])
    // The sessions are the same as before.
    expect(clients.map(({ session }) => session)).toEqual(sessions)
    expect(nodes.size).toBe(3)
  }))
