import type { Position } from '@chat/core'
import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, positionOf } from './cluster.ts'

function redact(cluster: Cluster, position: Position, node = cluster.a): Promise<boolean> {
  return cluster.awaitAnswer('a redact is answered', node.redact('#room', position))
}

/** Appends three messages with meta, and returns their positions. */
async function threeMessages(cluster: Cluster): Promise<[Position, Position, Position]> {
  const append = async (n: number): Promise<Position> =>
    positionOf(
      await cluster.appendNew('#room', { ref: n, data: `m${n}`, meta: `{"n":${n}}`, id: `session1.${n}` }),
    )
  return [await append(1), await append(2), await append(3)]
}

/** Cases of entries that are emptied, and stay in their place. */
export const redaction: readonly BackplaneCase[] = [
  {
    name: 'a redacted entry keeps its place, id, time and sender, and has no data and no meta, on every node',
    async run(cluster) {
      const [, second] = await threeMessages(cluster)
      const before = await cluster.readAll('#room')
      same(await redact(cluster, second), true, 'the answer')
      const emptied = { event: '$redacted', data: 'null', meta: null }
      const after = before.map((entry) => (entry.at === second[1] ? { ...entry, ...emptied } : entry))
      for (const node of [cluster.a, cluster.b]) {
        same(await cluster.readAll('#room', 2, node), after, 'the entries')
        if (!cluster.capabilities.reverseReads) continue
        const { entries } = await cluster.read('#room', { before: null, limit: 3 }, node)
        same(entries, after, 'the entries of a page backwards')
      }
      const behind = await cluster.read('#room', { after: second[1], limit: 1 })
      same(behind.afterId, second[2], 'the id at the place of the entry')
      same(await redact(cluster, second, cluster.b), true, 'the answer to a second redact')
      same(await cluster.readAll('#room'), after, 'the entries after a second redact')
    },
  },
  {
    name: 'a redact of an entry that the log does not have changes nothing',
    async run(cluster) {
      const [first, second, third] = await threeMessages(cluster)
      const before = await cluster.readAll('#room')
      const [epoch, at, id] = second
      const wrong: readonly Position[] = [
        [epoch, at, first[2]],
        [epoch, at, null],
        [epoch, third[1] + 1, id],
        [epoch, 0, null],
        [`${epoch}x`, at, id],
      ]
      for (const position of wrong)
        same(await redact(cluster, position), false, `the answer for ${JSON.stringify(position)}`)
      same(
        await cluster.awaitAnswer('a redact is answered', cluster.a.redact('#elsewhere', second)),
        false,
        'the answer for another log',
      )
      same(await cluster.readAll('#room'), before, 'the entries')
    },
  },
  {
    name: 'the newest entry can be redacted, and the log goes on behind it',
    async run(cluster) {
      const [, , third] = await threeMessages(cluster)
      same(await redact(cluster, third), true, 'the answer')
      const { top, topId } = await cluster.read('#room')
      same([top, topId], [third[1], third[2]], 'the top')
      await cluster.appendNew('#room', { ref: 4, data: 'm4', expected: third })
      same(await cluster.readData('#room'), ['m1', 'm2', null, 'm4'], 'the data')
    },
  },
  {
    name: 'a repetition of a redacted message is a duplicate, and brings nothing back',
    async run(cluster) {
      const [first] = await threeMessages(cluster)
      await redact(cluster, first)
      const again = await cluster.append('#room', { ref: 1, data: 'm1', meta: '{"n":1}', node: cluster.b })
      const { epoch, at, id } = again.outcome === 'duplicate' ? again : {}
      same([again.outcome, epoch, at, id], ['duplicate', ...first], 'the answer to a repetition')
      same(await cluster.readData('#room'), [null, 'm2', 'm3'], 'the data')
    },
  },
  {
    name: 'a redact makes no hint of a new message',
    async run(cluster) {
      const { hints, undo } = cluster.collectHints('#room')
      const [first] = await threeMessages(cluster)
      await cluster.untilStable(() => hints.length)
      const before = hints.length
      await redact(cluster, first)
      await cluster.untilStable(() => hints.length)
      same(hints.slice(before), [], 'the hints after the redact')
      undo()
    },
  },
  {
    name: 'an entry that is no longer kept cannot be redacted',
    needs: ['keep'],
    options: { keep: 5 },
    async run(cluster) {
      const first = positionOf(await cluster.appendNew('#room', { ref: 1 }))
      await cluster.trimBehind('#room', first[1])
      same(await redact(cluster, first), false, 'the answer')
    },
  },
]
