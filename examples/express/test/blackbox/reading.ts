import { describe, expect, test } from 'vitest'
import { type Frame, message, type Result } from '../support/frames.ts'
import type { Peer } from '../support/peer.ts'
import { stage } from '../support/shared.ts'
import { room } from '../support/stage.ts'

/** Sends so many messages in windows that a hub has to take. */
async function fill(peer: Peer, to: string, count: number, data: unknown = 1): Promise<number[]> {
  const places: number[] = []
  for (let n = 0; n < count; n += 30) {
    const refs = Array.from({ length: Math.min(30, count - n) }, () => peer.ref())
    for (const ref of refs) peer.write(['send', ref, to, `e${ref}`, data])
    for (const ref of refs) places.push((await peer.answer(ref)).result.at)
  }
  return places
}

const events = ({ messages }: Result): string[] => messages.map((frame) => message(frame).event)
const eventsFrom = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => `e${first + n}`)

describe('read', () => {
  test('of a room where nothing was said is empty (P-ST-6)', async () => {
    const peer = await stage.welcomed()
    for (const options of [undefined, {}, { after: 0 }, { after: 99 }, { before: 99 }, { limit: 5 }]) {
      const result = await peer.ok('read', room(), ...(options ? [options] : []))
      expect(result).toMatchObject({ epoch: expect.any(String), base: 0, top: 0, messages: [], more: false })
    }
  })

  test('gives messages as everybody received them, oldest first (P-ST-6)', async () => {
    const to = room()
    const reader = await stage.welcomed({ hello: { streams: { [to]: null } } })
    const sender = await stage.welcomed()
    const places = await fill(sender, to, 5, { a: [1, null] })
    await reader.messages(to, 5)
    const result = await reader.ok('read', to)
    expect(result).toMatchObject({ base: 0, top: places.at(-1), more: false })
    expect(result.epoch).toBe(reader.welcome.streams[to]?.epoch)
    expect(result.messages).toEqual(reader.all('msg', to))
  })

  test('pages with after and before, both exclusive, and says when there is more (P-ST-6)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const places = await fill(peer, to, 10)
    const at = (n: number): number => places[n - 1] ?? 0
    const top = at(10)
    const cases: [object, string[], boolean][] = [
      [{}, eventsFrom(1, 10), false],
      [{ limit: 10 }, eventsFrom(1, 10), false],
      [{ limit: 2 ** 53 - 1 }, eventsFrom(1, 10), false],
      [{ limit: 4 }, eventsFrom(7, 10), true],
      [{ limit: 1 }, ['e10'], true],
      [{ after: 0 }, eventsFrom(1, 10), false],
      [{ after: 0, limit: 3 }, eventsFrom(1, 3), true],
      [{ after: at(3), limit: 3 }, eventsFrom(4, 6), true],
      [{ after: at(7), limit: 3 }, eventsFrom(8, 10), false],
      [{ after: at(9) }, ['e10'], false],
      [{ after: top }, [], false],
      [{ after: top + 100 }, [], false],
      [{ after: 2 ** 53 - 1 }, [], false],
      [{ before: at(1) }, [], false],
      [{ before: at(2) }, ['e1'], false],
      [{ before: at(5), limit: 2 }, eventsFrom(3, 4), true],
      [{ before: at(5), limit: 4 }, eventsFrom(1, 4), false],
      [{ before: top + 1, limit: 2 }, eventsFrom(9, 10), true],
      [{ before: 2 ** 53 - 1 }, eventsFrom(1, 10), false],
    ]
    for (const [options, expected, more] of cases) {
      const result = await peer.ok('read', to, options)
      expect(events(result), JSON.stringify(options)).toEqual(expected)
      expect(result, JSON.stringify(options)).toMatchObject({ base: 0, top, more })
    }
  })

  test('after and before together is bad_request, and the connection lives (P-ST-6)', async () => {
    const peer = await stage.welcomed()
    expect((await peer.ask('read', room(), { after: 1, before: 5 })).code).toBe('bad_request')
    await peer.alive()
  })

  test('gives 50 when nothing is said, and at most 1000 (P-ST-6)', async () => {
    const to = room()
    const senders = await Promise.all(Array.from({ length: 12 }, () => stage.welcomed()))
    await Promise.all(senders.map((sender) => fill(sender, to, 85)))
    const peer = await stage.welcomed()
    const newest = await peer.ok('read', to)
    expect(newest.messages).toHaveLength(50)
    expect(newest.more).toBe(true)
    expect(message(newest.messages.at(-1) as Frame).at).toBe(newest.top)
    const all: Frame[] = []
    for (const [limit, count, more] of [
      [5000, 1000, true],
      [1001, 20, false],
    ] as const) {
      const after = all.length === 0 ? 0 : message(all.at(-1) as Frame).at
      const page = await peer.ok('read', to, { after, limit })
      expect(page.messages).toHaveLength(count)
      expect(page.more).toBe(more)
      all.push(...page.messages)
    }
    expect(new Set(all.map((frame) => message(frame).id)).size).toBe(1020)
    expectChain(all)
  })

  test.each([{ after: 0 }, { before: 2 ** 53 - 1 }, {}])(
    'gives at most 256 KiB at a time: %j (P-ST-6, P-LV-3)',
    async (options) => {
      const to = room()
      const peer = await stage.welcomed()
      await fill(peer, to, 8, 'x'.repeat(60_000))
      const page = await peer.ok('read', to, { ...options, limit: 50 })
      expect(page.messages.length).toBeGreaterThan(0)
      expect(page.messages.length).toBeLessThan(6)
      expect(page.more).toBe(true)
      const expected =
        'after' in options ? eventsFrom(1, page.messages.length) : eventsFrom(9 - page.messages.length, 8)
      expect(events(page)).toEqual(expected)
    },
  )

  test('comes forward over messages that grow when they are encoded anew (P-ST-6, P-FR-7, P-LV-3)', async () => {
    const to = room()
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    const data = `[${Array(13_000).fill('1e20').join(',')}]`
    for (const ref of [1, 2, 3]) {
      peer.text(`["send",${ref},"${to}","e${ref}",${data}]`)
      expect((await peer.answer(ref)).code).toBe('ok')
    }
    await peer.messages(to, 3)
    const seen: string[] = []
    for (let after = 0, more = true; more && seen.length < 3; ) {
      const page = await peer.ok('read', to, { after })
      expect(page.messages.length).toBeGreaterThan(0)
      after = message(page.messages.at(-1) as Frame).at
      more = page.more
      seen.push(...events(page))
    }
    expect(seen).toEqual(['e1', 'e2', 'e3'])
    expect(events(await peer.ok('read', to, { before: 2 ** 53 - 1 })).at(-1)).toBe('e3')
  })

  test('works without a join, and joins nothing (P-ST-6)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    await peer.ok('read', to)
    const sender = await stage.welcomed()
    await sender.ok('send', to, 'e', 1)
    expect(events(await peer.ok('read', to))).toEqual(['e'])
    await peer.alive()
    expect(peer.all('msg')).toEqual([])
  })

  test('comes after the sends that were written before it (P-PB-9)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    peer.write(
      ['read', 1, to],
      ['send', 2, to, 'a', 1],
      ['read', 3, to],
      ['send', 4, to, 'b', 1],
      ['read', 5, to],
    )
    const pages = await Promise.all([1, 3, 5].map(async (ref) => events((await peer.answer(ref)).result)))
    expect(pages).toEqual([[], ['a'], ['a', 'b']])
  })
})

test('messages are linked by prev, which is left out where it says nothing (P-ST-1)', async () => {
  const to = room()
  const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
  await fill(peer, to, 20)
  await peer.messages(to, 20)
  expectChain(peer.all('msg', to))
})

function expectChain(frames: Frame[]): void {
  let last = 0
  for (const frame of frames) {
    const { at } = message(frame)
    const [prev] = frame.slice(7)
    expect(prev ?? at - 1).toBe(last)
    expect(prev).not.toBe(at - 1)
    last = at
  }
}
