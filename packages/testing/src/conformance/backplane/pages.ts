import { type LogPage, pageBytes } from '@chat/core/backplane'
import { holds, rises, same } from '../check.ts'
import { byteLength } from '../protocol/frames.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, upTo } from './cluster.ts'

async function fill(cluster: Cluster, stream: string, count: number): Promise<number[]> {
  const offsets: number[] = []
  for (const n of upTo(count))
    offsets.push((await cluster.appendNew(stream, { data: `m${n}`, id: `session1.${n}` })).at)
  return offsets
}

/** Cases of pages of a log. */
export const pages: readonly BackplaneCase[] = [
  {
    name: 'an unknown stream is empty, has an epoch, and begins with it',
    async run(cluster) {
      const page = await cluster.read('#unknown')
      const { base, baseId, top, topId, exists, entries, afterId, more, behind } = page
      same(
        { base, baseId, top, topId, exists, entries, afterId, more, behind },
        {
          ...{ base: 0, baseId: null, top: 0, topId: null, exists: false, entries: [], afterId: null },
          ...{ more: false, behind: { messages: 0, bytes: 0 } },
        },
        'the page of a log without messages',
      )
      const undo = cluster.a.tail('#unknown', () => {})
      const { epoch } = await cluster.read('#unknown')
      const first = await cluster.appendNew('#unknown')
      same(first.epoch, epoch, 'the epoch that a reader was told before the first message')
      undo()
    },
  },
  {
    name: 'reading forwards: after an offset, up to a limit, with the id at that offset and the size of the rest',
    run: readingOn,
  },
  {
    name: 'reading backwards: before an offset, or the newest, oldest first',
    needs: ['reverseReads'],
    run: readingBack,
  },
  {
    name: 'a message of 300 KiB is taken, and a page has at least one',
    async run(cluster) {
      const json = largeText(cluster, 300 * 1024)
      for (const _ of upTo(2)) await cluster.appendNew('#room', { json })
      const entries = await cluster.readAll('#room', 10)
      same(
        entries.map(({ data }) => data === json),
        [true, true],
        'that the data are unchanged',
      )
    },
  },
  {
    name: 'a page of 256 messages of 300 KiB ends after the first, in both directions',
    async run(cluster) {
      const json = largeText(cluster, 300 * 1024)
      let newest = 0
      for (const _ of upTo(256)) newest = (await cluster.appendNew('#room', { json })).at
      const { base } = await cluster.read('#room', { after: 0, limit: 1 })
      const forwards = await cluster.read('#room', { after: base, limit: 256 })
      same([forwards.entries.length, forwards.more, forwards.top], [1, true, newest], 'the page forwards')
      if (!cluster.capabilities.reverseReads) return
      const { entries, more } = await cluster.read('#room', { before: null, limit: 256 })
      same([entries.map(({ at }) => at), more], [[newest], true], 'the page backwards')
    },
  },
  ...(['a', 'é', '👋'] as const).map(
    (letter): BackplaneCase => ({
      name: `a page has as many messages as fit 240 KiB, counted in UTF-8: ${letter}`,
      run: (cluster) => fillsPages(cluster, letter),
    }),
  ),
  {
    name: 'every page is consistent in itself while old messages are removed',
    needs: ['keep'],
    options: { keep: 5 },
    async run(cluster) {
      const offsets: number[] = []
      for (const lot of upTo(20)) {
        const messages = upTo(20).map((n) => ({ data: n, session: `session${lot}` }))
        const writing = cluster.appendInOrder('#room', messages)
        const pages = await Promise.all(
          [0, offsets.at(-20) ?? 0].map((after) => readConsistent(cluster, after)),
        )
        offsets.push(...(await writing).map(({ at }) => at))
        for (const { after, base, entries } of pages) {
          const last = entries.at(-1)?.at ?? 0
          const kept = offsets.filter((at) => at > Math.max(base, after) && at <= last)
          same(
            entries.map(({ at }) => at),
            kept,
            'the entries behind `base`',
          )
        }
      }
    },
  },
  {
    name: '`base` is the offset of the last entry that was removed, with its id (BP-09)',
    needs: ['keep'],
    options: { keep: 5 },
    run: trimming,
  },
  {
    name: 'messages are kept for their age, and then no longer; the log goes on behind them',
    needs: ['advance', 'age'],
    options: { age: 60_000 },
    async run(cluster) {
      const first = await cluster.appendNew('#room', { data: 1, ref: 1 })
      await cluster.bench.advance?.(30_000)
      const second = await cluster.appendNew('#room', { data: 2, ref: 2 })
      same(await cluster.readData('#room'), [1, 2], 'the entries before their age')
      // A store may remove messages late.
      for (let n = 0; n < 10 && (await cluster.readAll('#room')).length > 0; n++)
        await cluster.bench.advance?.(90_000)
      const page = await cluster.read('#room')
      same(page.entries, [], 'the entries after their age')
      if (page.epoch === first.epoch) same([page.base, page.top], [second.at, second.at], '`base` and `top`')
      const third = await cluster.appendNew('#room', { data: 3, ref: 3 })
      holds(third.epoch !== second.epoch || third.at > second.at, `${third.at} is used twice`)
    },
  },
]

/** Returns a JSON text of so many bytes, or of the size of the largest message. */
function largeText({ capabilities }: Cluster, bytes: number): string {
  return JSON.stringify('x'.repeat(Math.min(bytes, capabilities.largestPayload) - 2))
}

async function fillsPages(cluster: Cluster, letter: string): Promise<void> {
  const bytes = 30_000
  const count = 24
  const data = letter.repeat(bytes / byteLength(letter))
  for (const _ of upTo(count)) await cluster.appendNew('#room', { data })
  const ranges = [{ after: 0 }, ...(cluster.capabilities.reverseReads ? [{ before: null }] : [])]
  for (const range of ranges) {
    const { entries, more } = await cluster.read('#room', { ...range, limit: count })
    const { length } = entries
    const most = Math.floor(pageBytes / bytes)
    holds(length <= most, `a page has ${length} messages of ${bytes} bytes`)
    holds(length >= most - 1, `a page has only ${length} messages of ${bytes} bytes`)
    same(more, true, '`more`')
  }
  same((await cluster.readAll('#room')).length, count, 'the number of entries')
}

/** Reads a page whose places fit each other. */
async function readConsistent(cluster: Cluster, after: number): Promise<LogPage & { after: number }> {
  const page = await cluster.read('#room', { after, limit: 1_000 })
  const { base, top, entries, more } = page
  const offsets = entries.map(({ at }) => at)
  rises([Math.max(base, after), ...offsets], 'the offsets behind `base`')
  holds(
    offsets.every((at) => at <= top),
    `the top ${top} is below an entry`,
  )
  if (!more && top > Math.max(base, after)) same(offsets.at(-1), top, 'the last entry')
  return { ...page, after }
}

async function readingOn(cluster: Cluster): Promise<void> {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = await fill(cluster, '#room', 5)
  const page = await cluster.read('#room', { after: second, limit: 2 })
  same(
    page.entries.map(({ at }) => at),
    [third, fourth],
    'the entries after the second',
  )
  same([page.afterId, page.more], ['session1.2', true], 'the id there, and `more`')
  same([page.base, page.top, page.topId], [0, fifth, 'session1.5'], '`base`, `top` and its id')
  holds(page.behind.messages >= 3, `behind the second lie ${page.behind.messages} messages`)
  holds(page.behind.bytes >= 3 * '"m3"'.length, `behind the second lie ${page.behind.bytes} bytes`)
  const last = await cluster.read('#room', { after: fourth, limit: 1 })
  same([last.entries.length, last.more], [1, false], 'the last page')
  const none = await cluster.read('#room', { after: fifth, limit: 10 })
  same([none.entries, none.more, none.afterId], [[], false, 'session1.5'], 'the page after the top')
  same(none.behind, { messages: 0, bytes: 0 }, 'the size of the rest behind the top')
  const beyond = await cluster.read('#room', { after: fifth + 1_000, limit: 10 })
  same(
    [beyond.entries, beyond.more, beyond.afterId],
    [[], false, null],
    'the page after an offset beyond the top',
  )
  same((await cluster.read('#room', { after: 0, limit: 1 })).entries[0]?.at, first, 'the first entry')
}

async function readingBack(cluster: Cluster): Promise<void> {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = await fill(cluster, '#room', 5)
  const offsets = async (before: number | null, limit: number): Promise<unknown> => {
    const { entries, more } = await cluster.read('#room', { before, limit })
    return [entries.map(({ at }) => at), more]
  }
  same(await offsets(null, 2), [[fourth, fifth], true], 'the two newest')
  same(await offsets(null, 5), [[first, second, third, fourth, fifth], false], 'the five newest')
  same(await offsets(null, 50), [[first, second, third, fourth, fifth], false], 'the fifty newest')
  same(await offsets(fourth, 2), [[second, third], true], 'the two before the fourth')
  same(await offsets(second, 2), [[first], false], 'the two before the second')
  same(await offsets(first, 2), [[], false], 'the messages before the first')
  const { prev, behind } = await cluster.read('#room', { before: fourth, limit: 2 })
  same([prev, behind], [first, { messages: 0, bytes: 0 }], '`prev`, and the size of the rest')
  same((await cluster.read('#room', { before: third, limit: 9 })).prev, 0, '`prev` of the first entry')
}

async function trimming(cluster: Cluster): Promise<void> {
  const stored = await cluster.trimBehind('#room', 1)
  const ids = new Map(stored.map(({ at, id }) => [at, id]))
  const page = await cluster.read('#room', { after: 0, limit: 2 })
  if (page.baseId !== null) same(page.baseId, ids.get(page.base), 'the id at `base`')
  const kept = [...ids.keys()].filter((at) => at > page.base)
  holds(kept.length >= 5, `only ${kept.length} of the newest 5 messages are kept`)
  same(
    (await cluster.readAll('#room')).map(({ at }) => at),
    kept,
    'the entries behind `base`',
  )
  same([page.entries[0]?.at, page.exists], [kept[0], true], 'the first page')
}
