import { VirtualTime } from '@chat/testing'
import { expect, it } from 'vitest'
import type { SqliteBackplaneOptions } from '../src/index.ts'
import {
  append,
  dataOf,
  keyOf,
  messageOf,
  newPath,
  type OpenFile,
  openBackplane,
  SetClocks,
} from './support/store.ts'

const minute = 60_000

function open(options: SqliteBackplaneOptions = {}, path?: string) {
  const time = new VirtualTime(3)
  const file = openBackplane({ runtime: time.runtime('store'), ...options }, path)
  return { ...file, time }
}

async function appendMany(
  { backplane }: OpenFile,
  count: number,
  data = '"x"',
  room = '#room',
): Promise<void> {
  const appended = Array.from({ length: count }, (_, n) =>
    backplane.append(room, messageOf(n + 1, { data }), keyOf(n + 1, { session: room, window: count })),
  )
  // A group of 1 000 is written at once, and the rest at the end of the turn.
  await Promise.all(appended)
}

const rows = ({ raw }: OpenFile, table: string): number =>
  (raw.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n

it('a log keeps about its number of messages, and says what it has removed', async () => {
  const file = open({ retention: { count: 50 } })
  for (let round = 1; round <= 30; round++) {
    const answers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => append(file.backplane, round * 10 + n))
    void file.time.advance(0)
    await Promise.all([...answers, file.time.advance(1)])
    expect(rows(file, 'entries')).toBeLessThanOrEqual(150)
  }
  const { base, baseId, top, entries } = await file.backplane.read('#room', { after: 0, limit: 1_000 })
  expect(top).toBe(300)
  expect(base).toBeGreaterThan(100)
  expect(entries[0]?.at).toBe(base + 1)
  expect(baseId).toBe(`s1.${base + 10}`)
})

it('a log keeps about its number of bytes', async () => {
  const file = open({ retention: { bytes: 100_000 } })
  for (let round = 0; round < 4; round++) {
    for (let n = 1; n <= 100; n++)
      void append(file.backplane, round * 100 + n, { message: { data: `"${'x'.repeat(998)}"` } })
    await file.time.advance(1)
    expect(rows(file, 'entries')).toBeLessThanOrEqual(110)
  }
  expect(rows(file, 'entries')).toBeGreaterThanOrEqual(95)
})

it('the sizes of what a reader has missed stay exact when messages are removed', async () => {
  const file = open({ retention: { count: 10 } })
  await Promise.all([appendMany(file, 300, '"é"'), file.time.advance(1)])
  const { base, top, behind, entries } = await file.backplane.read('#room', { after: 0, limit: 1_000 })
  const bytes = entries.reduce((sum, { id, event }) => sum + 4 + event.length + id.length, 0)
  expect(base).toBeGreaterThan(0)
  expect(behind).toEqual({ messages: top - base, bytes })
})

it('messages leave with their age, and a log that is forgotten has another epoch', async () => {
  const file = open({ retention: { age: 10 * minute } })
  await Promise.all([appendMany(file, 1_200), file.time.advance(1)])
  const { epoch } = await file.backplane.read('#room', { after: 0, limit: 1 })
  await file.time.advance(5 * minute)
  expect(rows(file, 'entries')).toBe(1_200)
  await file.time.advance(10 * minute)
  expect([rows(file, 'entries'), rows(file, 'logs'), rows(file, 'senders'), rows(file, 'refs')]).toEqual([
    0, 0, 0, 0,
  ])
  const page = await file.backplane.read('#room', { after: 1_200, limit: 1 })
  expect(page).toMatchObject({ base: 0, top: 0, exists: false })
  expect(page.epoch).not.toBe(epoch)
})

it('a log with a listener keeps its epoch and its offsets when all its messages have aged', async () => {
  const file = open({ retention: { age: 10 * minute } })
  file.backplane.tail('#room', () => {})
  await Promise.all([appendMany(file, 3), file.time.advance(1)])
  const { epoch } = await file.backplane.read('#room', { after: 0, limit: 1 })
  await file.time.advance(30 * minute)
  expect(await file.backplane.read('#room', { after: 3, limit: 1 })).toMatchObject({
    epoch,
    base: 3,
    baseId: 's1.3',
    top: 3,
    entries: [],
  })
})

it.each([{ keep: 'all' }, { retention: () => 'all' }] as const)(
  '%j keeps everything for ever',
  async (options) => {
    const path = newPath()
    const first = open(options, path)
    await Promise.all([appendMany(first, 12_000), first.time.advance(1)])
    await first.close()
    const clocks = new SetClocks()
    clocks.passed = 20 * 365 * 24 * 60 * minute
    await openBackplane({ ...options, runtime: clocks.runtime }, path).close()
    const second = open(options, path)
    await second.time.advance(20 * minute)
    expect(rows(second, 'entries')).toBe(12_000)
    expect(rows(second, 'refs')).toBe(0)
  },
)

it('the function may answer for some addresses only', async () => {
  const file = open({
    retention: (address) => (address === '#short' ? { age: 1_000 } : (undefined as never)),
  })
  await Promise.all([appendMany(file, 5, '1', '#other'), file.time.advance(1)])
  expect(await dataOf(file.backplane, '#other')).toEqual([1, 1, 1, 1, 1])
})

it('the function decides for each address', async () => {
  const file = open({ retention: (address) => (address === '#kept' ? 'all' : { age: 1_000 }) })
  await Promise.all([
    appendMany(file, 5, '1', '#kept'),
    appendMany(file, 5, '2', '#short'),
    file.time.advance(1),
  ])
  await file.time.advance(20 * minute)
  expect(await dataOf(file.backplane, '#kept')).toEqual([1, 1, 1, 1, 1])
  expect(await dataOf(file.backplane, '#short')).toEqual([])
})

it('a retention that was changed holds from the next start, for logs that nobody uses as well', async () => {
  const path = newPath()
  const first = open({ keep: 'all' }, path)
  await Promise.all([appendMany(first, 3_000), appendMany(first, 20, '1', '#other'), first.time.advance(1)])
  await first.close()
  const second = open({ retention: { count: 100 } }, path)
  await second.time.advance(10 * minute)
  expect(rows(second, 'entries')).toBe(120)
  await second.close()
  const third = open({ retention: { age: 1_000 } }, path)
  await third.time.advance(10 * minute)
  expect(rows(third, 'entries')).toBe(0)
})

it('expired messages are removed in lots, each short', async () => {
  const file = open({ retention: { age: 10 * minute } })
  await Promise.all([appendMany(file, 5_000), file.time.advance(1)])
  let deleted = 0
  let most = 0
  file.database.fails = (sql) => {
    if (sql === 'BEGIN IMMEDIATE') deleted = rows(file, 'entries')
    if (sql === 'COMMIT') most = Math.max(most, deleted - rows(file, 'entries'))
    return null
  }
  await file.time.advance(20 * minute)
  expect(rows(file, 'entries')).toBe(0)
  expect(most).toBeGreaterThan(100)
  expect(most).toBeLessThanOrEqual(500)
})

it('the keys of a session are bounded, however many messages it sends', async () => {
  const file = open()
  for (let ref = 1; ref <= 5_000; ref++) void append(file.backplane, ref)
  await file.time.advance(1)
  expect(rows(file, 'refs')).toBeLessThanOrEqual(128)
  expect(rows(file, 'refs')).toBeGreaterThanOrEqual(64)
  expect(await file.backplane.find('#room', keyOf(4_990))).toMatchObject({ outcome: 'duplicate' })
  expect(await file.backplane.find('#room', keyOf(10))).toEqual({ outcome: 'conflict' })
})

it('above its capacity the store forgets sessions: of a user with very many, its own', async () => {
  const file = open({ sessions: 20 })
  const { sessions } = file.backplane
  const put = (n: number, user: string) =>
    sessions.put({ id: `s${n}`, user, secret: 'x' }, 'node1', 60_000 + n)
  const done = [
    ...Array.from({ length: 15 }, (_, n) => put(n, 'mallory')),
    ...Array.from({ length: 5 }, (_, n) => put(100 + n, `user${n}`)),
    put(200, 'mallory'),
    put(50, 'alice'),
  ]
  await Promise.all([...done, file.time.advance(1)])
  const found = (id: string) => sessions.find(id)
  expect(rows(file, 'sessions')).toBe(20)
  expect([found('s0'), found('s1')]).toEqual([null, null])
  expect(found('s100')).not.toBeNull()
  await file.time.advance(120_000)
  expect(rows(file, 'sessions')).toBe(0)
})

it('the data of a redacted entry leaves the file', async () => {
  const { readFileSync } = await import('node:fs')
  const { backplane, path } = openBackplane()
  const secret = 'a secret that must not stay'
  await append(backplane, 1, { message: { data: `"${secret}"`, meta: `{"note":"${secret}"}` } })
  const stored = await append(backplane, 2, { message: { data: `"${secret.repeat(2_000)}"` } })
  const first = (await backplane.read('#room', { after: 0, limit: 1 })).entries[0]
  if (stored.outcome !== 'stored') throw new Error(stored.outcome)
  const files = () => [path, `${path}-wal`].map((name) => readFileSync(name, 'latin1')).join('')
  expect(files()).toContain(secret)
  for (const [at, id] of [
    [1, first?.id ?? ''],
    [stored.at, stored.id],
  ] as const)
    expect(await backplane.redact('#room', [stored.epoch, at, id])).toBe(true)
  expect(files()).not.toContain(secret)
  expect(await dataOf(backplane)).toEqual([null, null])
})

it('above its capacity the store forgets sessions that were not used, then ended ones, then connected ones', async () => {
  const file = open({ sessions: 4 })
  const { sessions } = file.backplane
  const put = (id: string) => sessions.put({ id, user: id, secret: 'x' }, 'node1', 60_000)
  const end = (id: string, ended: 'silent' | 'used') => sessions.renew({ id, user: id, ended }, 1, 0, 60_000)
  const done = [
    ...['connected', 'used', 'silent', 'other'].map(put),
    end('used', 'used'),
    end('silent', 'silent'),
    end('other', 'silent'),
    ...['a', 'b', 'c'].map(put),
  ]
  await Promise.all([...done, file.time.advance(1)])
  const found = ['connected', 'used', 'silent', 'other', 'a', 'b', 'c'].filter(
    (id) => sessions.find(id) !== null,
  )
  expect(found).toEqual(['connected', 'a', 'b', 'c'])
})
