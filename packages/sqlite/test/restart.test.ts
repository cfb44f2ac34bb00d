import type { Backplane, LogPage, TakeResult } from '@chat/core/backplane'
import { expect, it } from 'vitest'
import { append, dataOf, keyOf, newPath, openBackplane, SetClocks } from './support/store.ts'

const all = { after: 0, limit: 100 }

async function epochOf(backplane: Backplane, room: string): Promise<string> {
  return (await backplane.read(room, all)).epoch
}

it('messages, their positions and their epochs are the same after a restart', async () => {
  const path = newPath()
  const pages: LogPage[] = []
  for (const round of [1, 2, 3]) {
    const { backplane, close } = openBackplane({}, path)
    if (round === 1)
      for (const ref of [1, 2, 3]) await append(backplane, ref, { message: { meta: `{"n":${ref}}` } })
    pages.push(await backplane.read('#room', { after: 1, limit: 100 }))
    await close()
  }
  expect(pages[0]?.entries).toHaveLength(2)
  expect(pages[1]).toEqual(pages[0])
  expect(pages[2]).toEqual(pages[0])
})

it('a repetition is recognised after a restart, and refs that were passed are conflicts', async () => {
  const path = newPath()
  const first = openBackplane({}, path)
  const stored = await append(first.backplane, 5)
  await first.close()
  const { backplane } = openBackplane({}, path)
  expect(await append(backplane, 5)).toEqual({ ...stored, outcome: 'duplicate' })
  expect((await append(backplane, 4)).outcome).toBe('conflict')
  expect(await backplane.find('#room', keyOf(6))).toBeNull()
  expect((await append(backplane, 7, { key: { previousRef: 6 } })).outcome).toBe('early')
  expect((await append(backplane, 6, { key: { previousRef: 5 } })).outcome).toBe('stored')
})

it('a room that was joined, and has no messages, has the same epoch after a restart', async () => {
  const path = newPath()
  const first = openBackplane({}, path)
  first.backplane.tail('#quiet', () => {})
  const [quiet, unknown] = [
    await epochOf(first.backplane, '#quiet'),
    await epochOf(first.backplane, '#unknown'),
  ]
  await first.close()
  const { backplane } = openBackplane({}, path)
  expect(await epochOf(backplane, '#quiet')).toBe(quiet)
  expect(await epochOf(backplane, '#unknown')).toBe(unknown)
})

it('sessions can be taken after a restart, and those that were dropped cannot', async () => {
  const path = newPath()
  const first = openBackplane({}, path)
  for (const id of ['s1', 's2', 's3'])
    await first.backplane.sessions.put(
      { id, user: id === 's3' ? 'bob' : 'alice', secret: `secret of ${id}` },
      'node1',
      60_000,
    )
  await first.backplane.sessions.renew({ id: 's1', user: 'alice' }, 1, 41, 60_000)
  await first.backplane.sessions.drop({ id: 's2' })
  await first.close()
  const { backplane } = openBackplane({}, path)
  const take = async (id: string, user: string): Promise<TakeResult> =>
    backplane.sessions.take(
      id,
      { user, secret: `secret of ${id}`, n: 1, next: 'next', node: 'node2' },
      60_000,
    )
  expect(await take('s1', 'alice')).toEqual({ outcome: 'taken', generation: 2, lastRef: 41, node: 'node1' })
  expect(await take('s2', 'alice')).toEqual({ outcome: 'unknown' })
  expect(await backplane.sessions.renew({ id: 's2', user: 'alice' }, 1, 1, 60_000)).toBe(false)
  expect(await backplane.sessions.find('s3')).toEqual({ user: 'bob', node: 'node1' })
})

it('nobody is present after a restart, and the presence says so by its epoch', async () => {
  const path = newPath()
  const first = openBackplane({}, path)
  const member = { session: 's1', user: 'alice', generation: 1, node: 'node1' }
  const before = await first.backplane.presence.enter('#room', [member], { ttl: 60_000, keep: 60_000 })
  await first.close()
  const after = await openBackplane({}, path).backplane.presence.members('#room', before)
  expect(after?.members).toEqual([])
  expect(after?.epoch).not.toBe(before.epoch)
})

it('time passes while the process is down', async () => {
  const path = newPath()
  const clocks = new SetClocks()
  const { runtime } = clocks
  const first = openBackplane({ runtime }, path)
  await first.backplane.sessions.put({ id: 's1', user: 'alice', secret: 'x' }, 'node1', 60_000)
  await append(first.backplane, 1)
  await first.close()
  clocks.passed += 50_000
  const second = openBackplane({ runtime }, path)
  expect(await second.backplane.sessions.find('s1')).not.toBeNull()
  expect((await append(second.backplane, 1)).outcome).toBe('duplicate')
  await second.close()
  clocks.passed += 100_000
  const { backplane } = openBackplane({ runtime }, path)
  expect(await backplane.sessions.find('s1')).toBeNull()
  expect((await append(backplane, 1)).outcome).toBe('stored')
})

it.each([
  ['set back by 10 minutes', -600_000],
  ['set back by a year', -365 * 86_400_000],
])('a clock that was %s between two starts makes nothing older, and no time negative', async (_, dayOff) => {
  const path = newPath()
  const clocks = new SetClocks()
  const options = { runtime: clocks.runtime, retention: { age: 300_000 } }
  const first = openBackplane(options, path)
  await first.backplane.sessions.put({ id: 's1', user: 'alice', secret: 'x' }, 'node1', 60_000)
  const stored = await append(first.backplane, 1)
  await first.close()
  clocks.dayOff = dayOff
  clocks.passed += 30_000
  const { backplane } = openBackplane(options, path)
  expect(await backplane.sessions.find('s1')).not.toBeNull()
  expect(await append(backplane, 1)).toEqual({ ...stored, outcome: 'duplicate' })
  await append(backplane, 2)
  const [one, two] = (await backplane.read('#room', all)).entries
  if (dayOff > -3_600_000) expect(two?.time).toBeGreaterThanOrEqual(one?.time ?? 0)
  // The age counts on from the last start.
  clocks.passed += 60_000
  expect(await backplane.sessions.find('s1')).toBeNull()
})

it.each([600_000, -600_000, 86_400_000])(
  'a clock of the day that is set by %i ms while the process runs makes nothing older',
  async (dayOff) => {
    const clocks = new SetClocks()
    const { backplane } = openBackplane({ runtime: clocks.runtime, retention: { age: 60_000 } })
    await append(backplane, 1)
    await backplane.sessions.put({ id: 's1', user: 'alice', secret: 'x' }, 'node1', 60_000)
    clocks.dayOff = dayOff
    expect((await append(backplane, 1)).outcome).toBe('duplicate')
    expect(await backplane.sessions.find('s1')).not.toBeNull()
    await append(backplane, 2)
    expect(await dataOf(backplane)).toEqual([1, 2])
  },
)

it('messages carry the time of day, also after the clock was corrected by more than an hour', async () => {
  const clocks = new SetClocks()
  clocks.dayOff = 5 * 365 * 86_400_000
  const { backplane } = openBackplane({ runtime: clocks.runtime })
  await append(backplane, 1)
  clocks.dayOff = 0
  const answer = await append(backplane, 2)
  expect(Math.abs((answer.outcome === 'stored' ? answer.time : 0) - Date.now())).toBeLessThan(60_000)
})
