import type { Client, Untyped } from '@chat/core'
import { type World, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, people, upTo } from '../support/clients.ts'

const names = upTo(20).map((i) => `user ${i}`)
const text = 'x'.repeat(200)

/**
 * Runs a busy room of twenty clients, with a fault on one of them. Returns the greatest delay of a message to the
 * other clients, and the closes.
 */
async function busy(injectFault: (w: World, slow: Client<Untyped>) => void): Promise<{
  latest: number
  codes: number[]
  total: number
}> {
  const outcome = { latest: 0, codes: [] as number[], total: 500 }
  await world({ seed: 3, latency: [1, 20], backplaneLatency: 0 }, async (w) => {
    const codes: number[] = []
    const hub = w.hub({ ...open, limits: { queue: 16 * 1024 } }, (each) =>
      each.on('$disconnect', ({ code }) => codes.push(code)),
    )
    const clients = await people(w, [hub], names)
    const slow = clients[7] as Client<Untyped>
    for (const client of clients)
      client.join('#lobby').on('say', (data) => {
        const [at] = data as [number]
        if (client !== slow) outcome.latest = Math.max(outcome.latest, w.now - at)
      })
    injectFault(w, slow)
    // A thousand a second.
    for (let i = 0; i < outcome.total; i++) {
      hub
        .to('#lobby')
        .send('say', [w.now, text])
        .catch(() => {})
      await w.advance(1)
    }
    await w.advance('60s')
    expect(w.seen(slow, '#lobby')).toHaveLength(outcome.total)
    expect(w.gaps(slow, '#lobby')).toEqual([])
    outcome.codes = [...codes]
  })
  return outcome
}

test('S-20: a slow reader in a busy room is served from the log; other clients are not affected, and no connection is closed', async () => {
  const fast = await busy(() => {})
  const slow = await busy((w, client) => w.link(client).limit(20_000))
  expect(fast.latest).toBeLessThan(25)
  expect(slow.latest).toBeLessThan(25)
  expect([fast.codes, slow.codes]).toEqual([[], []])
})

test('S-20: a reader that takes no bytes at all is closed with 4008; other clients are not affected', async () => {
  const stalled = await busy((w, client) => w.link(client).stall('25s', 'down'))
  expect(stalled.latest).toBeLessThan(25)
  expect(stalled.codes).toEqual([4008])
})
