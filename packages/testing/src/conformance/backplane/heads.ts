import type { LogHead } from '@chat/core/backplane'
import { holds, same } from '../check.ts'
import { awkwardNames } from './awkward-names.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, upTo } from './cluster.ts'

function headsOf(
  cluster: Cluster,
  streams: readonly string[],
  node = cluster.b,
): Promise<readonly LogHead[]> {
  return cluster.awaitAnswer('heads are answered', node.heads(streams))
}

/** Cases of the places of logs, by which hubs check that no hint was lost. */
export const heads: readonly BackplaneCase[] = [
  {
    name: 'heads tell the place of each log in the order of the question, also twice and on every node',
    async run(cluster) {
      const first = await cluster.appendNew('#first', { data: 1 })
      await cluster.appendNew('#second', { data: 2 })
      const second = await cluster.appendNew('#second', { data: 3 })
      const [one, two] = [
        { epoch: first.epoch, top: first.at },
        { epoch: second.epoch, top: second.at },
      ]
      for (const node of [cluster.a, cluster.b]) {
        const asked = ['#second', '#first', '#second', '#first', '#first']
        same(await headsOf(cluster, asked, node), [two, one, two, one, one], 'the heads')
      }
      same(await headsOf(cluster, []), [], 'the heads of no log')
    },
  },
  {
    name: 'heads are the places that a read tells, also of logs without messages',
    async run(cluster) {
      const streams = awkwardNames.map((name) => `${name}.`)
      for (const [n, stream] of streams.entries())
        for (const data of upTo(n % 3)) await cluster.appendNew(stream, { data })
      const read: LogHead[] = []
      const undos = streams.map((stream) => cluster.a.tail(stream, () => {}))
      for (const stream of streams) {
        const { epoch, top } = await cluster.read(stream, { after: 0, limit: 1 }, cluster.a)
        read.push({ epoch, top })
      }
      same(await headsOf(cluster, streams), read, 'the heads')
      for (const undo of undos) undo()
    },
  },
  {
    name: 'an unknown log has a head with the epoch in which it begins',
    async run(cluster) {
      const [head] = await headsOf(cluster, ['#unknown'])
      same(head?.top, 0, 'the top')
      same((await cluster.appendNew('#unknown')).epoch, head?.epoch, 'the epoch of the first message')
    },
  },
  {
    name: 'heads of 500 logs are answered at once',
    async run(cluster) {
      const streams = upTo(500).map((n) => `#room-${n}`)
      for (const n of [1, 250, 500]) await cluster.appendNew(`#room-${n}`, { data: n })
      const answer = await headsOf(cluster, streams)
      same(answer.length, 500, 'the number of heads')
      same(
        answer.flatMap(({ top }, n) => (top > 0 ? [n + 1] : [])),
        [1, 250, 500],
        'the logs with messages',
      )
    },
  },
  {
    name: 'a bump changes the head',
    async run(cluster) {
      const { epoch } = await cluster.appendNew('#room')
      await cluster.awaitAnswer('a bump is answered', cluster.a.bump('#room', epoch))
      const [head] = await headsOf(cluster, ['#room'])
      holds(head?.epoch !== epoch, 'the epoch of the head is still the same')
      same(head?.epoch, (await cluster.read('#room')).epoch, 'the epoch of the head')
    },
  },
  {
    name: 'a log whose head is asked for every few minutes is not forgotten, and neither is its epoch (P-ST-11)',
    needs: ['advance', 'age'],
    options: { age: 60_000 },
    async run(cluster) {
      const { epoch, at } = await cluster.appendNew('#full')
      const [, empty] = await headsOf(cluster, ['#full', '#empty'])
      for (const _ of upTo(2)) {
        await cluster.bench.advance?.(240_000)
        same(await headsOf(cluster, ['#full', '#empty']), [{ epoch, top: at }, empty], 'the heads')
      }
      const after = await cluster.appendNew('#full')
      same(after.epoch, epoch, 'the epoch of a later message')
      holds(after.at > at, `the offset ${after.at} comes after ${at}`)
      same((await cluster.appendNew('#empty')).epoch, empty?.epoch, 'the epoch of the empty log')
    },
  },
]
