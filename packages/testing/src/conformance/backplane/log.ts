import { holds, same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, type Stored, upTo } from './cluster.ts'
import { oddTexts } from './odd-json.ts'

const texts = (count: number, prefix = 'm'): string[] => upTo(count).map((n) => `${prefix}${n}`)

/** Cases of appends and of the log that they make. */
export const log: readonly BackplaneCase[] = [
  {
    name: 'an append is answered with epoch, offset, id and time, and can be read on every node',
    async run(cluster) {
      const sent = { event: 'say', data: { text: 'hi' }, meta: '{"of":"s0.1"}', from: 'alice', id: 's1.1' }
      const { outcome, epoch, at, id, time, by } = await cluster.appendNew('#room', sent)
      same([outcome, id, by], ['stored', 's1.1', 'node1'], 'outcome, id and node')
      holds(at > 0, `the offset is ${at}`)
      holds(epoch !== '' && epoch.length <= 16, `the epoch is ${JSON.stringify(epoch)} (P-ST-1)`)
      const entry = { at, time, ...sent, data: '{"text":"hi"}' }
      for (const node of [cluster.a, cluster.b]) {
        const page = await cluster.read('#room', { after: 0, limit: 10 }, node)
        same(page.entries, [entry], 'the entries')
        same([page.epoch, page.top, page.topId, page.exists], [epoch, at, 's1.1', true], 'the page')
      }
    },
  },
  {
    name: 'data and meta are stored unchanged, byte for byte, with any characters',
    async run(cluster) {
      const messages = oddTexts.map((json, n) => {
        const meta = `{"n":${n},"text":${JSON.stringify(JSON.stringify(n))},"odd":${json}}`
        const hub = { from: null, user: '', session: 'node0001' }
        return { json, meta: n % 3 === 0 ? null : meta, ...(n % 2 ? hub : {}), ref: n + 1 }
      })
      for (const message of messages) await cluster.appendNew('#room', message)
      for (const node of [cluster.a, cluster.b]) {
        const entries = await cluster.readAll('#room', 100, node)
        same(
          entries.map(({ data, meta, from }) => [data, meta, from]),
          messages.map(({ json, meta, from = 'alice' }) => [json, meta, from]),
          'data, meta and sender',
        )
      }
    },
  },
  {
    name: 'the time of a message is the time of the log: the same in the answer, in pages and in hints (P-MT-1)',
    run: tellsTime,
  },
  {
    name: 'messages of a session that are appended one after the other are in that order in the log',
    async run(cluster) {
      const data = texts(40)
      for (const [n, one] of data.entries()) {
        const node = n % 3 === 0 ? cluster.b : cluster.a
        await cluster.appendNew('#room', { node, data: one, ref: n + 1 })
      }
      same(await cluster.readData('#room'), data, 'the order of the log')
    },
  },
  {
    name: 'many writers, many logs: offsets only grow, no message is lost, and each writer keeps its order (BP-01)',
    run: manyWriters,
  },
  {
    name: 'every page is consistent in itself during concurrent writes',
    async run(cluster) {
      let done = false
      const messages = texts(200).map((data) => ({ data }))
      const writing = cluster.appendInOrder('#busy', messages).finally(() => {
        done = true
      })
      for (let after = 0; !done; ) {
        const { base, top, entries, more } = await cluster.read('#busy', { after, limit: 7 })
        for (const { at } of entries)
          holds(at > Math.max(base, after) && at <= top, `${at} is not in (${after}, ${top}]`)
        const last = entries.at(-1)?.at ?? after
        same(more, last < top, '`more`')
        after = last
        if (entries.length === 0) await cluster.pause()
      }
      await writing
      same((await cluster.readAll('#busy')).length, 200, 'the number of entries')
    },
  },
  {
    name: 'a log that was forgotten never uses an offset of its epoch again (P-ST-1, P-ST-11)',
    needs: ['forget'],
    run: forgetting,
  },
  {
    name: 'a bump gives a new epoch, once: only the epoch that was named is replaced',
    run: bumping,
  },
  {
    name: 'two clusters are separate',
    run: strangers,
  },
]

async function tellsTime(cluster: Cluster): Promise<void> {
  const { hints, undo } = cluster.collectHints('#room')
  const answers: Stored[] = []
  for (const n of upTo(10)) {
    answers.push(await cluster.appendNew('#room', { node: n % 2 ? cluster.a : cluster.b, ref: n, data: n }))
    if (n === 5) await cluster.bench.advance?.(1_500)
  }
  const times = answers.map(({ time }) => time)
  for (const [n, time] of times.entries())
    holds(time >= (times[n - 1] ?? 0), `the time goes back from ${times[n - 1]} to ${time}`)
  const of = (at: number): number | undefined => answers.find((answer) => answer.at === at)?.time
  for (const entry of await cluster.readAll('#room', 3)) same(entry.time, of(entry.at), 'the time in a page')
  const again = await cluster.append('#room', { node: cluster.b, ref: 1, data: 1 })
  same(again, { ...answers[0], outcome: 'duplicate' }, 'the answer to a repetition')
  await cluster.untilStable(() => hints.length)
  for (const { entry } of hints) same(entry.time, of(entry.at), 'the time in a hint')
  undo()
}

async function manyWriters(cluster: Cluster): Promise<void> {
  const streams = upTo(10).map((n) => `#room-${n}`)
  const nodes = [cluster.a, cluster.b, await cluster.awaitAnswer('a node starts', cluster.bench.node())]
  const write = (stream: string, writer: number): Promise<unknown> => {
    const session = `session${writer}`
    const messages = texts(20, `${writer}/`).map((data, n) => ({
      ...{ node: nodes[writer] ?? cluster.a, session, data, id: `${session}.${n + 1}` },
    }))
    return cluster.appendInOrder(stream, messages)
  }
  await Promise.all(streams.flatMap((stream) => [...nodes.keys()].map((writer) => write(stream, writer))))
  for (const stream of streams) {
    const entries = await cluster.readAll(stream, 7)
    same(entries.length, 60, 'the number of entries')
    for (const writer of nodes.keys())
      same(
        entries.filter(({ id }) => id.startsWith(`session${writer}.`)).map(({ data }) => JSON.parse(data)),
        texts(20, `${writer}/`),
        'the order of each writer',
      )
  }
}

async function forgetting(cluster: Cluster): Promise<void> {
  const { hints, undo } = cluster.collectHints('#old')
  const before = await cluster.appendNew('#old', { data: 'before' })
  await cluster.bench.forget?.('#old')
  const page = await cluster.read('#old')
  same(page.entries, [], 'the entries of a log that was forgotten')
  const after = await cluster.appendNew('#old', { data: 'after' })
  holds(
    after.epoch !== before.epoch || after.at > before.at,
    `two messages stand at ${after.at} of epoch ${after.epoch}`,
  )
  same(await cluster.readData('#old'), ['after'], 'the entries of a log that was made anew')
  await cluster.until('listeners hear of the log made anew', async () => {
    if (hints.some(({ entry }) => entry.data === '"after"' || entry.data === '"again"')) return true
    if (cluster.capabilities.hints === 'lossy') await cluster.appendNew('#old', { data: 'again' })
    return false
  })
  undo()
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
    ['"after"'],
    'the entries after a bump',
  )
}

async function strangers(cluster: Cluster): Promise<void> {
  const stranger = await cluster.awaitAnswer('a stranger starts', cluster.bench.stranger())
  const heard: unknown[] = []
  const undos = [
    stranger.tail('#room', (hint) => heard.push(hint)),
    stranger.subscribe('control', (text) => heard.push(text)),
  ]
  await cluster.appendNew('#room', { ref: 1, data: 'ours' })
  await cluster.awaitAnswer('a publish is answered', cluster.a.publish('control', 'ours'))
  await cluster.untilStable(() => heard.length)
  same(heard, [], 'the hints of a stranger')
  same((await cluster.read('#room', undefined, stranger)).entries, [], 'the entries of a stranger')
  const [head] = await cluster.awaitAnswer('heads are answered', stranger.heads(['#room']))
  same(head?.top, 0, 'the head for a stranger')
  const answer = await cluster.append('#room', { node: stranger, ref: 1, data: 'ours' })
  same(answer.outcome, 'stored', 'its append')
  const record = { id: 'session1', user: 'alice', secret: 'secret' }
  await cluster.awaitAnswer('a put is answered', cluster.a.sessions.put(record, 'node1', 300_000))
  const found = await cluster.awaitAnswer('a find is answered', stranger.sessions.find('session1'))
  same(found, null, 'a session for a stranger')
  for (const undo of undos) undo()
  await cluster.awaitAnswer('the stranger closes', stranger.close())
}
