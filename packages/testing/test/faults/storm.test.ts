import type { Hub } from '@chat/core'
import { type World, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open, people, upTo } from '../support/clients.ts'

const names = upTo(300).map((i) => `user ${i}`)

/** Options of a hub that note the time of each authentication. */
const counting = (w: World, times: number[]) => ({
  ...open,
  authenticate: ({ token }: { token: string | null }) => {
    times.push(w.now)
    return { id: token ?? '' }
  },
})

/** Returns the number of times within the busiest span of some milliseconds. */
const busiest = (times: readonly number[], stretch: number): number =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + stretch).length))

test('S-22: clients that lose their node at once reconnect spread over time, and miss no message', () =>
  world({ latency: [1, 20] }, async (w) => {
    const attempts: number[] = []
    const counted = counting(w, attempts)
    const hubs = [w.hub(counted), w.hub(counted)]
    const clients = await people(w, [hubs[0] as Hub, hubs[1] as Hub], names)
    const lost = (hubs[0] as Hub).sessions.length
    expect(lost).toBe(150)
    attempts.length = 0
    const began = w.now
    w.crash(hubs[0] as Hub, { restart: '30s' })
    for (const i of upTo(5)) await hubs[1]?.to('#lobby').send('say', i)
    await w.advance('20s')
    expect(clients.every(({ status }) => status === 'connected')).toBe(true)
    // Half of the first attempts go to the node that is gone, so some come later. The attempts are spread over
    // time.
    expect(attempts).toHaveLength(lost)
    expect(busiest(attempts, 100)).toBeLessThan(lost / 4)
    expect(Math.min(...attempts) - began).toBeGreaterThan(90)
    expect(Math.max(...attempts) - Math.min(...attempts)).toBeGreaterThan(700)
    for (const client of clients) expect(w.seen(client, '#lobby').map(({ data }) => data)).toEqual(upTo(5))
  }))

test('S-22: clients of a draining node reconnect spread over the deadline', () =>
  world({ latency: [1, 20] }, async (w) => {
    const attempts: number[] = []
    const counted = counting(w, attempts)
    const hubs = [w.hub(counted), w.hub(counted)]
    await people(w, [hubs[0] as Hub, hubs[1] as Hub], names)
    attempts.length = 0
    const closed = (hubs[0] as Hub).close({ deadline: 5_000 })
    await w.advance('20s')
    await closed
    expect(attempts.length).toBeGreaterThanOrEqual(150)
    expect(busiest(attempts, 500)).toBeLessThan(attempts.length / 4)
  }))
