import { describe, expect, test } from 'vitest'
import type { Answer } from '../../support/raw-client.ts'
import { outcome, paths, type Stage, stage } from '../../support/stage.ts'

interface Page {
  readonly epoch: string
  readonly base: number
  readonly top: number
  readonly messages: readonly unknown[][]
  readonly more: boolean
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
const page = (answer: Answer): Page => (answer.ok ? answer.result : {}) as unknown as Page
const offsets = (answer: Answer): unknown[] => page(answer).messages.map((frame) => frame[2])

/** A log of messages whose data is their offset. */
async function filled(count: number, options: ConstructorParameters<typeof Stage>[0] = {}) {
  const s = stage(options)
  const sent = await s.publish('#a', ...numbers(1, count))
  return { s, sent, alice: await s.client('alice') }
}

describe.each(paths)('history, with a backplane that is %s', (path) => {
  test('P-ST-6: the messages are msg frames, oldest first, with the epoch, base and top of the log', async () => {
    const { alice, sent } = await filled(2, { path })
    expect(page(await alice.request('read', '#a'))).toEqual({
      epoch: sent[0]?.position[0],
      base: 0,
      top: 2,
      messages: [
        ['msg', '#a', 1, 'say', 1, null, sent[0]?.id, expect.any(Number)],
        ['msg', '#a', 2, 'say', 2, null, sent[1]?.id, expect.any(Number)],
      ],
      more: false,
    })
  })

  test('P-ST-6: the history of an unused address is empty', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const { epoch, ...rest } = page(await alice.request('read', '#nothing'))
    expect(epoch).toMatch(/^.{1,16}$/)
    expect(rest).toEqual({ base: 0, top: 0, messages: [], more: false })
    expect(s.store.usage.streams).toBe(2)
  })

  test('P-ST-6: a read without an offset gives the newest fifty messages', async () => {
    const { alice } = await filled(60, { path })
    const answer = await alice.request('read', '#a')
    expect(offsets(answer)).toEqual(numbers(11, 60))
    expect(page(answer).more).toBe(true)
  })

  test('P-ST-6: after is exclusive, and more tells that later messages follow', async () => {
    const { alice } = await filled(10, { path })
    const some = await alice.request('read', '#a', { after: 3, limit: 3 })
    expect([offsets(some), page(some).more]).toEqual([[4, 5, 6], true])
    const last = await alice.request('read', '#a', { after: 7, limit: 3 })
    expect([offsets(last), page(last).more]).toEqual([[8, 9, 10], false])
    const none = await alice.request('read', '#a', { after: 10 })
    expect([offsets(none), page(none).more]).toEqual([[], false])
  })

  test('P-ST-6: before is exclusive, and more tells that earlier messages exist', async () => {
    const { alice } = await filled(10, { path })
    const some = await alice.request('read', '#a', { before: 8, limit: 3 })
    expect([offsets(some), page(some).more]).toEqual([[5, 6, 7], true])
    const first = await alice.request('read', '#a', { before: 4, limit: 3 })
    expect([offsets(first), page(first).more]).toEqual([[1, 2, 3], false])
    const none = await alice.request('read', '#a', { before: 1 })
    expect([offsets(none), page(none).more]).toEqual([[], false])
  })

  test('P-ST-6: offsets beyond both ends of the log are valid', async () => {
    const { alice } = await filled(3, { path })
    expect(offsets(await alice.request('read', '#a', { after: 1_000 }))).toEqual([])
    expect(offsets(await alice.request('read', '#a', { before: 1_000 }))).toEqual([1, 2, 3])
    expect(offsets(await alice.request('read', '#a', { after: 0 }))).toEqual([1, 2, 3])
    expect(offsets(await alice.request('read', '#a', { before: 0 }))).toEqual([])
  })

  test('P-ST-6: after and before together are bad_request', async () => {
    const { alice } = await filled(3, { path })
    expect(outcome(await alice.request('read', '#a', { after: 1, before: 3 }))).toBe('bad_request')
  })

  test('P-ST-6: a limit above a thousand is cut to a thousand', async () => {
    const { alice } = await filled(1_010, { path })
    expect(offsets(await alice.request('read', '#a', { after: 0, limit: 2 ** 31 }))).toEqual(
      numbers(1, 1_000),
    )
    expect(offsets(await alice.request('read', '#a', { limit: 5_000 }))).toEqual(numbers(11, 1_010))
  })

  test('P-ST-6: a page holds at most 256 KiB, from the side at which reading goes on', async () => {
    const s = stage({ path })
    // A character takes three bytes, so a count of characters would allow three times as much.
    await s.publish('#a', ...numbers(1, 40).map((i) => `${i}${'€'.repeat(10_000)}`))
    const alice = await s.client('alice')
    const forward = await alice.request('read', '#a', { after: 0 })
    const back = await alice.request('read', '#a')
    for (const answer of [forward, back]) {
      expect(Buffer.byteLength(JSON.stringify(page(answer).messages))).toBeLessThanOrEqual(256 * 1024 + 1_000)
      expect(page(answer).messages.length).toBeGreaterThan(6)
      expect(page(answer).more).toBe(true)
    }
    expect(offsets(forward)[0]).toBe(1)
    expect(offsets(back).at(-1)).toBe(40)
  })

  test('P-ST-6: the pages together bring each message once, in both directions', async () => {
    const { alice } = await filled(23, { path })
    const [on, back]: [unknown[], unknown[]] = [[], []]
    for (let after = 0, more = true; more; ) {
      const answer = await alice.request('read', '#a', { after, limit: 5 })
      on.push(...offsets(answer))
      after = on.at(-1) as number
      more = page(answer).more
    }
    for (let before = 24, more = true; more; ) {
      const answer = await alice.request('read', '#a', { before, limit: 5 })
      back.unshift(...offsets(answer))
      before = back[0] as number
      more = page(answer).more
    }
    expect([on, back]).toEqual([numbers(1, 23), numbers(1, 23)])
  })

  test('P-ST-6: dropped messages are not read, and base tells the start of the log', async () => {
    const { alice } = await filled(10, { path, log: { retention: { count: 4 } } })
    const all = await alice.request('read', '#a', { after: 0 })
    expect([page(all).base, offsets(all), page(all).more]).toEqual([6, [7, 8, 9, 10], false])
    expect(page(await alice.request('read', '#a', { before: 8 })).more).toBe(false)
  })

  test('P-ST-6: a read needs no join, and makes none', async () => {
    const { alice, s } = await filled(1, { path })
    await alice.request('read', '#a')
    await s.publish('#a', 2)
    expect(alice.frames('msg')).toEqual([])
    expect(s.hub.rooms.size).toBe(0)
  })
})
