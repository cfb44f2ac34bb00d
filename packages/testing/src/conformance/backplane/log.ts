import { holds, same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import type { Cluster } from './cluster.ts'

const texts = (count: number, prefix = 'm'): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`)

async function fill(cluster: Cluster, stream: string, data: readonly unknown[]): Promise<number[]> {
  const offsets: number[] = []
  for (const [n, one] of data.entries())
    offsets.push((await cluster.appendNew(stream, { data: one, id: `session1.${n + 1}` })).at)
  return offsets
}

/** Cases of appends and reads. */
export const log: readonly BackplaneCase[] = [
  {
    name: 'an append is answered with epoch, offset and id, and can be read on every node',
    async run(cluster) {
      const stored = await cluster.appendNew('#room', {
        event: 'say',
        data: { text: 'hi' },
        from: 'alice',
        id: 's1.1',
      })
      holds(stored.at > 0, `the offset is ${stored.at}`)
      same(stored.id, 's1.1', 'the id')
      holds(
        stored.epoch !== '' && stored.epoch.length <= 16,
        `the epoch is ${JSON.stringify(stored.epoch)} (P-ST-1)`,
      )
      for (const node of [cluster.a, cluster.b]) {
        const page = await cluster.read('#room', { after: 0, limit: 10 }, node)
        same(
          page.entries,
          [{ at: stored.at, event: 'say', data: { text: 'hi' }, from: 'alice', id: 's1.1' }],
          'the entries',
        )
        same(
          [page.epoch, page.top, page.topId, page.exists],
          [stored.epoch, stored.at, 's1.1', true],
          'the page',
        )
      }
    },
  },
  {
    name: 'messages are read as they were appended',
    async run(cluster) {
      const data: unknown[] = [null, true, 0, -1.5e300, '', 'é 👋 \u2028 "\\', '\u0000\u001f\ud800', [], {}]
      data.push({ a: [1, { b: null }] }, { 'a.b': { '': 0 }, toString: [] }, [[[[[[]]]]]])
      data.push(JSON.parse('{"__proto__":{"x":1},"constructor":"x"}'))
      const hub = { from: null, user: '', session: 'node0001' }
      for (const [n, one] of data.entries())
        await cluster.appendNew('#room', { data: one, ...(n % 2 ? hub : {}), ref: n + 1 })
      const entries = await cluster.readAll('#room')
      same(
        entries.map((entry) => entry.data),
        data,
        'the data',
      )
      same(
        entries.map(({ from }) => from),
        data.map((_, n) => (n % 2 ? null : 'alice')),
        'the senders',
      )
    },
  },
  {
    name: 'a message of 300 KiB is taken, and a page has at least one',
    async run(cluster) {
      const data = 'x'.repeat(Math.min(300 * 1024, cluster.capabilities.largestPayload - 2))
      await cluster.appendNew('#room', { data })
      await cluster.appendNew('#room', { data })
      const entries = await cluster.readAll('#room', 10)
      same(
        entries.map((entry) => String(entry.data).length),
        [data.length, data.length],
        'the lengths of the data',
      )
    },
  },
  {
    name: 'the messages of a session are in the log in the order of the calls',
    async run(cluster) {
      const data = texts(100)
      const answers = data.map((one, n) =>
        cluster.startAppend('#room', { data: one, ref: n + 1, window: 100 }),
      )
      for (const answer of answers) await cluster.awaitAnswer('an append is answered', answer)
      same(
        (await cluster.readAll('#room', 30)).map((entry) => entry.data),
        data,
        'the order of the log',
      )
    },
  },
  {
    name: 'many writers, many logs: offsets only grow, `prev` links them, no message is lost (BP-01)',
    run: manyWriters,
  },
  {
    name: 'an unknown stream is empty, has an epoch, and begins with it',
    async run(cluster) {
      const page = await cluster.read('#unknown')
      const { base, baseId, top, topId, exists, entries, afterId, more, behind } = page
      same(
        { base, baseId, top, topId, exists, entries, afterId, more, behind },
        {
          base: 0,
          baseId: null,
          top: 0,
          topId: null,
          exists: false,
          entries: [],
          afterId: null,
          more: false,
          behind: { messages: 0, bytes: 0 },
        },
        'the page of a log without messages',
      )
      const undo = cluster.a.tail('#unknown', () => {})
      const { epoch } = await cluster.read('#unknown')
      same(
        (await cluster.appendNew('#unknown')).epoch,
        epoch,
        'the epoch that a reader was told before the first message',
      )
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
    name: 'every page is consistent in itself during concurrent writes',
    async run(cluster) {
      const writing = texts(200).map((data, n) =>
        cluster.startAppend('#busy', { data, ref: n + 1, window: 200 }),
      )
      for (let after = 0, round = 0; after < 200 && round < 2_000; round++) {
        const { base, top, entries, more } = await cluster.read('#busy', { after, limit: 7 })
        for (const { at } of entries)
          holds(at > Math.max(base, after) && at <= top, `${at} is not in (${after}, ${top}]`)
        const last = entries.at(-1)?.at ?? after
        same(more, last < top, '`more`')
        after = last
        if (entries.length === 0) await cluster.untilStable(() => 0)
      }
      for (const answer of writing) await cluster.awaitAnswer('an append is answered', answer)
      same((await cluster.readAll('#busy')).length, 200, 'the number of entries')
    },
  },
  {
    name: '`base` is the offset of the last entry that was removed, with its id (BP-09)',
    needs: ['keep'],
    options: { keep: 5 },
    run: trimming,
  },
  {
    name: 'a log that was forgotten never uses an offset of its epoch again (P-ST-1, P-ST-11)',
    needs: ['forget'],
    async run(cluster) {
      const { hints, undo } = cluster.collectHints('#old')
      const [before] = [await cluster.appendNew('#old', { data: 'before' })]
      await cluster.bench.forget?.('#old')
      const page = await cluster.read('#old')
      same(page.entries, [], 'the entries of a stream that was forgotten')
      const after = await cluster.appendNew('#old', { data: 'after' })
      holds(
        after.epoch !== before.epoch || after.at > before.at,
        `two messages stand at ${after.at} of epoch ${after.epoch}`,
      )
      same(
        (await cluster.readAll('#old')).map(({ data }) => data),
        ['after'],
        'the entries of a stream that was made anew',
      )
      await cluster.until('listeners hear of the stream made anew', async () => {
        if (hints.some(({ entry }) => entry.data === 'after' || entry.data === 'again')) return true
        if (!cluster.capabilities.reliableHints) await cluster.appendNew('#old', { data: 'again' })
        return false
      })
      undo()
    },
  },
  {
    name: 'a bump gives a new epoch, once: only the epoch that was named is replaced',
    run: bumping,
  },
  {
    name: 'two clusters are separate',
    async run(cluster) {
      const stranger = await cluster.awaitAnswer('a stranger starts', cluster.bench.stranger())
      const heard: unknown[] = []
      const undos = [
        stranger.tail('#room', (hint) => heard.push(hint)),
        stranger.subscribe('control', (value) => heard.push(value)),
      ]
      await cluster.appendNew('#room', { ref: 1, data: 'ours' })
      await cluster.awaitAnswer('a publish is answered', cluster.a.publish('control', 'ours'))
      await cluster.untilStable(() => heard.length)
      same(heard, [], 'the hints of a stranger')
      same((await cluster.read('#room', undefined, stranger)).entries, [], 'the entries of a stranger')
      same(
        (await cluster.append('#room', { node: stranger, ref: 1, data: 'ours' })).outcome,
        'stored',
        'its append',
      )
      for (const undo of undos) undo()
      await cluster.awaitAnswer('the stranger closes', stranger.close())
    },
  },
]

async function manyWriters(cluster: Cluster): Promise<void> {
  const streams = Array.from({ length: 10 }, (_, n) => `#room-${n}`)
  const nodes = [cluster.a, cluster.b, await cluster.awaitAnswer('a node starts', cluster.bench.node())]
  const answers = streams.flatMap((stream) =>
    nodes.flatMap((node, writer) =>
      texts(20, `${writer}/`).map((data, n) => {
        const session = `session${writer}`
        return cluster.startAppend(stream, {
          node,
          session,
          ref: n + 1,
          data,
          id: `${session}.${n + 1}`,
          window: 32,
        })
      }),
    ),
  )
  for (const answer of answers)
    same(
      (await cluster.awaitAnswer('an append is answered', answer)).outcome,
      'stored',
      'the outcome of an append',
    )
  for (const stream of streams) {
    const entries = await cluster.readAll(stream, 7)
    same(entries.length, 60, 'the number of entries')
    for (const writer of nodes.keys())
      same(
        entries.filter(({ id }) => id.startsWith(`session${writer}.`)).map(({ data }) => data),
        texts(20, `${writer}/`),
        'the order of each writer',
      )
  }
}

async function readingOn(cluster: Cluster): Promise<void> {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = await fill(cluster, '#room', texts(5))
  const page = await cluster.read('#room', { after: second, limit: 2 })
  same(
    page.entries.map(({ at }) => at),
    [third, fourth],
    'the entries after the second',
  )
  same([page.afterId, page.prev, page.more], ['session1.2', second, true], 'the id there, `prev`, and `more`')
  same([page.base, page.top, page.topId], [0, fifth, 'session1.5'], '`base`, `top` and its id')
  holds(page.behind.messages >= 3, `behind the second lie ${page.behind.messages} messages`)
  holds(page.behind.bytes > 0, 'behind the second lie no bytes')
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
  same((await cluster.read('#room', { after: 0, limit: 1 })).prev, 0, '`prev` of the first entry')
}

async function readingBack(cluster: Cluster): Promise<void> {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = await fill(cluster, '#room', texts(5))
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
}

async function trimming(cluster: Cluster): Promise<void> {
  const ids = new Map<number, string>()
  for (let ref = 1; ref <= 1_000; ref++) {
    const { at, id } = await cluster.appendNew('#room', { data: ref, id: `session1.${ref}`, ref })
    ids.set(at, id)
    if ((await cluster.read('#room', { after: 0, limit: 1 })).base > 0) break
  }
  const page = await cluster.read('#room', { after: 0, limit: 2 })
  holds(page.base > 0, '1000 messages were written, of which 5 are to be kept, and none has gone')
  if (page.baseId !== null) same(page.baseId, ids.get(page.base), 'the id at `base`')
  const kept = [...ids.keys()].filter((at) => at > page.base)
  holds(kept.length >= 5, `only ${kept.length} of the newest 5 messages are kept`)
  same(
    (await cluster.readAll('#room')).map(({ at }) => at),
    kept,
    'the entries behind `base`',
  )
  same([page.prev, page.entries[0]?.at, page.exists], [page.base, kept[0], true], 'the first page')
}

async function bumping(cluster: Cluster): Promise<void> {
  const before = await cluster.appendNew('#room', { data: 'before' })
  await cluster.awaitAnswer('a bump is answered', cluster.a.bump('#room', 'another'))
  same((await cluster.read('#room')).epoch, before.epoch, 'the epoch after a bump of another one')
  const bumps = [cluster.a.bump('#room', before.epoch), cluster.b.bump('#room', before.epoch)]
  for (const bump of bumps) await cluster.awaitAnswer('a bump is answered', bump)
  const { epoch } = await cluster.read('#room')
  holds(epoch !== before.epoch, 'the epoch is still the same after a bump')
  await cluster.awaitAnswer('a bump is answered', cluster.a.bump('#room', before.epoch))
  for (const node of [cluster.a, cluster.b])
    same(
      (await cluster.read('#room', { after: 0, limit: 1 }, node)).epoch,
      epoch,
      'the epoch after a late bump',
    )
  const after = await cluster.appendNew('#room', { data: 'after' })
  same(after.epoch, epoch, 'the epoch of a message stored after a bump')
  const { entries } = await cluster.read('#room', { after: after.at - 1, limit: 10 })
  same(
    entries.map(({ data }) => data),
    ['after'],
    'the entries after a bump',
  )
}
