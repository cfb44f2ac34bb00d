import type { LogHint } from '@chat/core/backplane'
import { holds, same } from '../check.ts'
import { awkwardNames } from './awkward-names.ts'
import type { BackplaneCase } from './case.ts'
import type { Cluster } from './cluster.ts'

/** Cases of hints and publishes. */
export const hints: readonly BackplaneCase[] = [
  {
    name: 'a hint tells every node the appended message, as the log has it',
    run: tellsEveryNode,
  },
  {
    name: 'every message makes a hint',
    needs: ['reliableHints'],
    async run(cluster) {
      const { hints: heard, undo } = cluster.collectHints('#room')
      for (let n = 1; n <= 50; n++) await cluster.appendNew('#room', { ref: n, data: n })
      await cluster.until('both nodes hear of every message', () => heard.length >= 100)
      const offsets = new Set(heard.map(({ entry }) => entry.at))
      same(offsets.size, 50, 'the number of messages heard of')
      undo()
    },
  },
  {
    name: 'a repetition and a conflict make no hint of a new message',
    async run(cluster) {
      const { hints: heard, undo } = cluster.collectHints('#room')
      const { at } = await cluster.appendNew('#room', { ref: 1, data: 1 })
      await cluster.append('#room', { ref: 1, data: 1 })
      await cluster.append('#room', { ref: 1, data: 2 })
      await cluster.untilStable(() => heard.length)
      for (const { entry } of heard) same([entry.at, entry.data], [at, 1], 'the offset and data of a hint')
      undo()
    },
  },
  {
    name: 'listeners of a stream do not disturb each other, and stop with their undo',
    async run(cluster) {
      const counts = [0, 0]
      const undos = [0, 1].map((n) => cluster.b.tail('#room', () => (counts[n] = (counts[n] ?? 0) + 1)))
      await heardOf(cluster, '#room', () => counts.every((count) => count > 0))
      undos[0]?.()
      undos[0]?.()
      await cluster.untilStable(() => counts.join())
      const [stopped] = counts
      const before = counts[1] ?? 0
      await heardOf(cluster, '#room', () => (counts[1] ?? 0) > before)
      same(counts[0], stopped, 'the number of hints after the undo')
      undos[1]?.()
    },
  },
  {
    name: 'a publish reaches every subscriber of every node, the publishing node included, unchanged',
    async run(cluster) {
      const values = ['text', 7, null, [1, { a: '👋' }], { kick: 's1', n: 0 }]
      const heard: unknown[][] = [[], []]
      const undos = [cluster.a, cluster.b].map((node, n) =>
        node.subscribe('control', (value) => heard[n]?.push(value)),
      )
      for (const value of values) {
        const before = heard.map(({ length }) => length)
        await published(cluster, 'control', value, () =>
          heard.every((got, n) => got.length > (before[n] ?? 0)),
        )
        for (const got of heard) same(got.at(-1), value, 'the value that a subscriber gets')
      }
      for (const undo of undos) undo()
    },
  },
  {
    name: 'a publish is not stored for later subscribers, and an undo ends a subscription',
    async run(cluster) {
      const early: unknown[] = []
      const undo = cluster.b.subscribe('control', (value) => early.push(value))
      await published(cluster, 'control', 'before', () => early.length > 0)
      undo()
      await cluster.untilStable(() => early.length)
      const { length } = early
      const late: unknown[] = []
      const end = cluster.b.subscribe('control', (value) => late.push(value))
      await published(cluster, 'control', 'after', () => late.length > 0)
      await cluster.untilStable(() => late.length)
      same([...new Set(late)], ['after'], 'the values of a later subscriber')
      same(early.length, length, 'the number of values after the undo')
      end()
    },
  },
  {
    name: 'names are data: logs and channels whose names have any characters are told apart (BP-10)',
    run: namesAreData,
  },
  {
    name: 'a probe is answered, and `onReconnect` can be undone',
    async run(cluster) {
      await cluster.awaitAnswer('a probe is answered', cluster.a.probe())
      const undo = cluster.a.onReconnect(() => {})
      undo()
      undo()
    },
  },
  {
    name: 'a closed node gets no hints, and the other nodes go on',
    async run(cluster) {
      const heard: unknown[] = []
      cluster.b.tail('#room', (hint) => heard.push(hint))
      cluster.b.subscribe('control', (value) => heard.push(value))
      const others: unknown[] = []
      const undo = cluster.a.subscribe('control', (value) => others.push(value))
      await cluster.awaitAnswer('a node closes', cluster.b.close())
      await cluster.appendNew('#room')
      await published(cluster, 'control', 'x', () => others.length > 0)
      same(heard, [], 'the hints of a closed node')
      undo()
    },
  },
]

async function namesAreData(cluster: Cluster): Promise<void> {
  const heard = new Map<string, Set<unknown>>(awkwardNames.map((name) => [name, new Set()]))
  const undos = awkwardNames.flatMap((name) => [
    cluster.b.tail(name, ({ entry }) => heard.get(name)?.add(entry.data)),
    cluster.b.subscribe(name, (value) => heard.get(name)?.add(value)),
  ])
  for (const name of awkwardNames) await cluster.appendNew(name, { ref: 1, data: `to ${name}` })
  for (const name of awkwardNames)
    same(
      (await cluster.readAll(name)).map(({ data }) => data),
      [`to ${name}`],
      `the entries of ${name}`,
    )
  for (const name of awkwardNames)
    await published(cluster, name, `on ${name}`, () => heard.get(name)?.has(`on ${name}`) === true)
  await cluster.untilStable(() => [...heard.values()].map(({ size }) => size).join())
  for (const [name, values] of heard)
    for (const value of values)
      holds(value === `to ${name}` || value === `on ${name}`, `${name} heard ${JSON.stringify(value)}`)
  for (const undo of undos) undo()
}

async function tellsEveryNode(cluster: Cluster): Promise<void> {
  const heard: LogHint[][] = [[], []]
  const undos = [cluster.a, cluster.b].map((node, n) => node.tail('#room', (hint) => heard[n]?.push(hint)))
  const elsewhere: LogHint[] = []
  undos.push(cluster.b.tail('#elsewhere', (hint) => elsewhere.push(hint)))
  await heardOf(cluster, '#room', () => heard.every((got) => got.length > 2))
  const entries = await cluster.readAll('#room')
  const { epoch } = await cluster.read('#room')
  for (const hint of heard.flat()) {
    const index = entries.findIndex(({ at }) => at === hint.entry.at)
    same(hint.entry, entries[index], 'the entry of a hint')
    same([hint.epoch, hint.prev], [epoch, entries[index - 1]?.at ?? 0], 'the epoch and `prev` of a hint')
    if (hint.json !== undefined) same(JSON.parse(hint.json), hint.entry.data, 'the JSON of a hint')
  }
  same(elsewhere, [], 'the hints of another log')
  for (const undo of undos) undo()
}

/** Appends until `check` returns `true`, because a hint may be lost. */
function heardOf(cluster: Cluster, stream: string, check: () => boolean): Promise<void> {
  return cluster.until(`listeners hear of ${stream}`, async () => {
    if (check()) return true
    await cluster.appendNew(stream, { data: { n: 'x' } })
    await cluster.untilStable(() => 0)
    return check()
  })
}

/** Publishes until `check` returns `true`, because a publish may be lost. */
function published(cluster: Cluster, channel: string, value: unknown, check: () => boolean): Promise<void> {
  return cluster.until(`subscribers of ${channel} hear`, async () => {
    await cluster.awaitAnswer('a publish is answered', cluster.a.publish(channel, value))
    await cluster.untilStable(() => check())
    return check()
  })
}
