import type { LogHint } from '@chat/core/backplane'
import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, upTo } from './cluster.ts'

/** Cases of hints. */
export const hints: readonly BackplaneCase[] = [
  {
    name: 'a hint tells every node the appended message, as the log has it',
    run: tellsEveryNode,
  },
  {
    name: 'every message makes a hint',
    needs: ['connected hints'],
    async run(cluster) {
      const { hints: heard, undo } = cluster.collectHints('#room')
      await cluster.read('#room', undefined, cluster.a)
      await cluster.read('#room', undefined, cluster.b)
      for (const n of upTo(50)) await cluster.appendNew('#room', { ref: n, data: n })
      await cluster.until('both nodes hear of every message', () => heard.length >= 100)
      const offsets = new Set(heard.map(({ entry }) => entry.at))
      same(offsets.size, 50, 'the number of messages heard of')
      undo()
    },
  },
  {
    name: 'a tail and a read of 200 concurrent appends miss none: each is read, or told as a hint',
    needs: ['connected hints'],
    run: missesNone,
  },
  {
    name: 'an append that stores no message makes no hint of a new message',
    async run(cluster) {
      const { hints: heard, undo } = cluster.collectHints('#room')
      const { at } = await cluster.appendNew('#room', { ref: 1, data: 1 })
      for (const given of [
        { ref: 1, data: 1 },
        { ref: 1, data: 2 },
        { ref: 3, previousRef: 2 },
      ])
        await cluster.append('#room', given)
      await cluster.append('#room', { ref: 4, expected: null })
      await cluster.untilStable(() => heard.length)
      for (const { entry } of heard) same([entry.at, entry.data], [at, '1'], 'the offset and data of a hint')
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
    name: 'a listener that comes back hears again',
    async run(cluster) {
      for (const round of upTo(3)) {
        let heard = 0
        const undo = cluster.b.tail('#room', () => heard++)
        await heardOf(cluster, '#room', () => heard > 0)
        undo()
        await cluster.untilStable(() => heard)
        const before = heard
        await cluster.appendNew('#room', { data: round })
        await cluster.untilStable(() => heard)
        same(heard, before, 'the number of hints after the undo')
      }
    },
  },
]

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
  }
  same(elsewhere, [], 'the hints of another log')
  for (const undo of undos) undo()
}

/** A read that is called after the tail tells the entries for which the tail is too late. */
async function missesNone(cluster: Cluster): Promise<void> {
  for (const start of [1, 20, 100, 190]) {
    const stream = `#race-${start}`
    const progress = { appended: 0 }
    const writing = appendInLots(cluster, stream, progress)
    await cluster.until(`${start} messages are appended`, () => progress.appended >= start)
    const known = new Set<string>()
    const undo = cluster.b.tail(stream, ({ entry }) => known.add(entry.id))
    const page = cluster.b.read(stream, { after: 0, limit: 1_000 })
    for (const { id } of (await cluster.awaitAnswer('a read is answered', page)).entries) known.add(id)
    await writing
    await cluster.until(`all of ${stream} are read or told`, () => known.size === 200)
    undo()
  }
}

/** Appends 200 messages, some of them before the answers to the messages before them. */
async function appendInLots(cluster: Cluster, stream: string, progress: { appended: number }): Promise<void> {
  for (let lot = 0; lot < 50; lot++) {
    const session = `session${lot}`
    const messages = upTo(4).map((n) => ({ session, data: n, id: `${session}.${n}` }))
    progress.appended += (await cluster.appendInOrder(stream, messages)).length
    if (lot % 5 === 0) await cluster.pause()
  }
}

/** Appends until `check` returns `true`, because a hint may be lost. */
function heardOf(cluster: Cluster, stream: string, check: () => boolean): Promise<void> {
  return cluster.until(`listeners hear of ${stream}`, async () => {
    if (check()) return true
    const meta = '{"odd":"\u2028\\ud800"}'
    await cluster.appendNew(stream, { data: { n: 'x' }, meta })
    return cluster.soon(check)
  })
}
