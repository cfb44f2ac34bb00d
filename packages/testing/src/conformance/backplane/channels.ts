import { holds, same } from '../check.ts'
import { awkwardNames } from './awkward-names.ts'
import type { BackplaneCase } from './case.ts'
import type { Cluster } from './cluster.ts'
import { oddTexts } from './odd-json.ts'

/** Cases of publishes, of names, and of a node's connection to the store. */
export const channels: readonly BackplaneCase[] = [
  {
    name: 'a publish reaches every subscriber of every node, the publishing node included, unchanged',
    async run(cluster) {
      const heard: string[][] = [[], []]
      const undos = [cluster.a, cluster.b].map((node, n) =>
        node.subscribe('control', (text) => heard[n]?.push(text)),
      )
      for (const text of ['plain text', ...oddTexts, JSON.stringify('x'.repeat(100_000))]) {
        const before = heard.map(({ length }) => length)
        await published(cluster, 'control', text, () =>
          heard.every((got, n) => got.length > (before[n] ?? 0)),
        )
        for (const got of heard) same(got.at(-1), text, 'the text that a subscriber gets')
      }
      for (const undo of undos) undo()
    },
  },
  {
    name: 'a publish is not stored for later subscribers, and an undo ends a subscription',
    async run(cluster) {
      const early: unknown[] = []
      const undo = cluster.b.subscribe('control', (text) => early.push(text))
      await published(cluster, 'control', 'before', () => early.length > 0)
      undo()
      await cluster.untilStable(() => early.length)
      const { length } = early
      const late: unknown[] = []
      const end = cluster.b.subscribe('control', (text) => late.push(text))
      await published(cluster, 'control', 'after', () => late.length > 0)
      await cluster.untilStable(() => late.length)
      same([...new Set(late)], ['after'], 'the texts of a later subscriber')
      same(early.length, length, 'the number of texts after the undo')
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
      cluster.b.subscribe('control', (text) => heard.push(text))
      const others: unknown[] = []
      const undo = cluster.a.subscribe('control', (text) => others.push(text))
      await cluster.awaitAnswer('a node closes', cluster.b.close())
      await cluster.appendNew('#room')
      await published(cluster, 'control', 'x', () => others.length > 0)
      same(heard, [], 'the hints of a closed node')
      undo()
    },
  },
]

async function namesAreData(cluster: Cluster): Promise<void> {
  const heard = new Map<string, Set<string>>(awkwardNames.map((name) => [name, new Set()]))
  const undos = awkwardNames.flatMap((name) => [
    cluster.b.tail(name, ({ entry }) => heard.get(name)?.add(JSON.parse(entry.data) as string)),
    cluster.b.subscribe(name, (text) => heard.get(name)?.add(text)),
  ])
  for (const name of awkwardNames) await cluster.appendNew(name, { ref: 1, data: `to ${name}` })
  for (const name of awkwardNames)
    same(await cluster.readData(name), [`to ${name}`], `the entries of ${name}`)
  for (const name of awkwardNames)
    await published(cluster, name, `on ${name}`, () => heard.get(name)?.has(`on ${name}`) === true)
  await cluster.untilStable(() => [...heard.values()].map(({ size }) => size).join())
  for (const [name, texts] of heard)
    for (const text of texts)
      holds(text === `to ${name}` || text === `on ${name}`, `${name} heard ${JSON.stringify(text)}`)
  for (const undo of undos) undo()
}

/** Publishes until `check` returns `true`, because a publish may be lost. */
function published(cluster: Cluster, channel: string, text: string, check: () => boolean): Promise<void> {
  return cluster.until(`subscribers of ${channel} hear`, async () => {
    await cluster.awaitAnswer('a publish is answered', cluster.a.publish(channel, text))
    return cluster.soon(check)
  })
}
