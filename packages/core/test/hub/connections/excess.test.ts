import { describe, expect, test } from 'vitest'
import { Excess, ExcessShares } from '../../../src/hub/connections/excess.ts'
import type { RawClient } from '../../support/raw-client.ts'
import { outcome, type Stage, stage } from '../../support/stage.ts'

/** Writes frames every half second, until the connection ends or the time is over. Returns the time it took. */
async function flood(
  s: Stage,
  client: RawClient,
  { seconds, frames }: { readonly seconds: number; readonly frames: () => readonly unknown[][] },
): Promise<number> {
  const started = s.time.now
  while (client.code === null && s.time.now - started < seconds * 1_000) {
    await client.say(...frames())
    await s.advance(500)
  }
  return s.time.now - started
}

const many = (count: number, frame: () => unknown[]) => (): unknown[][] =>
  Array.from({ length: count }, () => frame())

describe('a connection that sends nothing but excess', () => {
  test('P-LV-8: is closed with 4013 after ten seconds, and is told when it may come back', async () => {
    const s = stage()
    const [mallory, alice] = [await s.client('mallory'), await s.client('alice')]
    const took = await flood(s, mallory, { seconds: 30, frames: many(500, () => ['cast', '#a', 'say', 1]) })
    expect(mallory.code).toBe(4013)
    expect(took).toBeGreaterThanOrEqual(10_000)
    expect(took).toBeLessThan(13_000)
    const bye = mallory.frames('bye').at(-1)
    expect([bye?.[1], bye?.[3]]).toEqual([4013, { retryAfter: 10_000 }])
    expect([alice.code, outcome(await alice.request('read', '#a'))]).toEqual([null, 'ok'])
  })

  const ref = { last: 0 }
  const next = (): number => ++ref.last
  test.each<[string, () => unknown[]]>([
    ['sends over the rate', () => ['send', next(), '#a', 'say', 1]],
    ['repetitions of a send', () => ['send', 1, '#a', 'say', 1]],
    ['calls over the rate', () => ['call', next(), 'nothing', 1]],
    ['frames of unknown types', () => ['sing', next()]],
    ['pings', () => ['ping', 1]],
    ['pongs', () => ['pong']],
    ['leaves', () => ['leave', next(), '#a']],
    ['answers to no ask', () => ['reply', 1, null]],
    ['cancels of nothing', () => ['cancel', next(), 1]],
    ['fresh credentials', () => ['auth', next(), 'mallory']],
  ])('P-LV-8: the excess may be %s', async (_, frame) => {
    ref.last = 0
    const s = stage()
    const mallory = await s.client('mallory')
    await flood(s, mallory, { seconds: 15, frames: many(300, frame) })
    expect(mallory.code).toBe(4013)
  })

  test('P-LV-8: a large frame that costs no unit is as much excess as many small ones', async () => {
    const s = stage({ limits: { rate: 1, burst: 100 } })
    const [mallory, alice] = [await s.client('mallory'), await s.client('alice')]
    const large = 'x'.repeat(60_000)
    await mallory.say(...many(100, () => ['cast', '#a', 'say', 1])())
    // Six frames a second, of which the user pays for one.
    const took = await flood(s, mallory, { seconds: 30, frames: many(3, () => ['cast', '#a', 'say', large]) })
    expect([mallory.code, took < 16_000]).toEqual([4013, true])
    expect(outcome(await alice.request('read', '#a'))).toBe('ok')
  })

  test('P-LV-8: large frames for which the user has units are no excess', async () => {
    const s = stage()
    const alice = await s.client('alice')
    const large = 'x'.repeat(60_000)
    await flood(s, alice, { seconds: 20, frames: many(4, () => ['cast', '#a', 'say', large]) })
    expect(alice.code).toBe(null)
  })

  test('P-LV-8: a break of a second begins the ten seconds anew', async () => {
    const s = stage()
    const alice = await s.client('alice')
    const frames = many(300, () => ['cast', '#a', 'say', 1])
    for (let round = 0; round < 4; round++) {
      await flood(s, alice, { seconds: 8, frames })
      await s.advance(2_500)
    }
    expect(alice.code).toBeNull()
  })

  test('P-LV-8: a client that is refused now and then stays', async () => {
    const s = stage()
    const alice = await s.client('alice')
    await flood(s, alice, { seconds: 30, frames: many(40, () => ['cast', '#a', 'say', 1]) })
    expect(s.hub.counters.droppedCasts).toBeGreaterThan(100)
    expect(alice.code).toBeNull()
  })

  test('P-LV-8: operations within the rate are no excess, however many there are', async () => {
    const s = stage({ limits: { rate: 10_000, burst: 1_000 } })
    const bot = await s.client('bot')
    await flood(s, bot, { seconds: 15, frames: many(1_000, () => ['cast', '#a', 'say', 1]) })
    expect([bot.code, s.hub.counters.droppedCasts]).toEqual([null, 0])
  })

  test('P-LV-8: cancels of calls are no excess', async () => {
    const s = stage({ limits: { rate: 1_000, burst: 10 } })
    s.hub.handle('work', (_, { signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const bot = await s.client('bot')
    for (let round = 0; round < 150; round++) {
      const call = bot.next()
      await bot.say(['call', call, 'work', null], ['cancel', bot.next(), call])
      await s.advance(100)
    }
    expect([bot.code, bot.answered().length]).toEqual([null, 300])
  })

  test('P-LV-8: answers to asks are no excess', async () => {
    const s = stage({ limits: { burst: 10 } })
    const bot = await s.client('bot')
    let answered = 0
    for (let round = 0; round < 30; round++) {
      const asks = Array.from({ length: 20 }, () => s.hub.to(`~${bot.id}`).ask('fetch', 1))
      for (const ask of asks) ask.then(() => answered++).catch(() => {})
      await s.settle()
      await bot.say(...bot.news().flatMap(([type, ask]) => (type === 'ask' ? [['reply', ask, 1]] : [])))
      await s.advance(500)
    }
    expect([bot.code, answered]).toEqual([null, 600])
  })
})

describe('excess on many connections of one payer', () => {
  /** Connections of users, each of which sends frames twice a second; returns their close codes. */
  async function floodOf(users: readonly string[], { frames, rounds }: { frames: number; rounds: number }) {
    const s = stage()
    const clients = await Promise.all(users.map((user) => s.client(user)))
    for (let round = 0; round < rounds; round++) {
      for (const client of clients)
        if (client.code === null) await client.say(...many(frames, () => ['ping', 1])())
      await s.advance(500)
    }
    return { codes: clients.map(({ code }) => code), s }
  }

  test('P-LV-8: is shared: of 60 connections each may send a third of what one alone may', async () => {
    const { codes, s } = await floodOf(Array(60).fill('mallory'), { frames: 30, rounds: 26 })
    // Those that are left have larger shares.
    expect(codes.filter((code) => code === 4013).length).toBeGreaterThan(20)
    expect(outcome(await (await s.client('alice')).request('read', '#a'))).toBe('ok')
  })

  test('P-LV-8: of as many users is no excess', async () => {
    const users = Array.from({ length: 60 }, (_, n) => `user-${n}`)
    const { codes } = await floodOf(users, { frames: 30, rounds: 26 })
    expect(codes).toEqual(Array(60).fill(null))
  })

  test('P-LV-8: of 20 connections each may send as much as one alone', async () => {
    const { codes } = await floodOf(Array(20).fill('alice'), { frames: 45, rounds: 26 })
    expect(codes).toEqual(Array(20).fill(null))
  })

  test('P-LV-8: connections that have ended no longer share', async () => {
    const s = stage()
    const all = await Promise.all(Array.from({ length: 100 }, () => s.client('alice')))
    for (const client of all) await client.say(...many(150, () => ['ping', 1])())
    // The hub counts the frames once a second.
    await s.advance(1_000)
    for (const { connection } of all) connection.close(1000, '')
    await s.settle()
    const bot = await s.client('alice')
    await flood(s, bot, { seconds: 15, frames: many(45, () => ['ping', 1]) })
    expect(bot.code).toBeNull()
  })

  test('P-LV-8: a connection that has calmed down, or ended, leaves its share to the others', () => {
    const shares = new ExcessShares(100)
    const all = Array.from({ length: 2_000 }, () => new Excess(shares, 'mallory', 0))
    expect(shares.shareOf('mallory')).toBe(2)
    for (const each of all.splice(40)) each.end()
    expect([shares.shareOf('mallory'), shares.shareOf('alice')]).toEqual([50, 100])
    for (const each of all) each.end()
    expect([shares.shareOf('mallory'), shares.size]).toEqual([100, 0])
  })
})
