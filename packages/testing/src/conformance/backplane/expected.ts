import type { Position } from '@chat/core'
import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, outcomes, positionOf, upTo } from './cluster.ts'

/** Cases of appends to the position at which the log is expected to end. */
export const expected: readonly BackplaneCase[] = [
  {
    name: 'an append that expects an empty log is stored in an empty log only',
    async run(cluster) {
      const first = await cluster.appendNew('#room', {
        ref: 1,
        data: 'first',
        event: 'opens',
        expected: null,
      })
      const { epoch, at, id } = first
      const second = await cluster.append('#room', { ref: 2, node: cluster.b, expected: null })
      same(second, { outcome: 'overtaken', epoch, at, id, event: 'opens' }, 'the answer to a second')
      same(await cluster.readData('#room'), ['first'], 'the entries')
    },
  },
  {
    name: 'an append that expects the newest entry is stored behind it, on every node',
    async run(cluster) {
      let last: Position | null = null
      for (const n of upTo(10)) {
        const node = n % 2 ? cluster.a : cluster.b
        last = positionOf(await cluster.appendNew('#room', { node, ref: n, data: n, expected: last }))
      }
      same(await cluster.readData('#room'), upTo(10), 'the entries')
    },
  },
  {
    name: 'an append that expects another position is overtaken, and is answered with the newest entry',
    run: overtaken,
  },
  {
    name: 'of two nodes that append to the same position at once, one stores its message',
    async run(cluster) {
      let last: Position | null = null
      for (const round of upTo(20)) {
        const pending = [cluster.a, cluster.b].map((node, n) => {
          const [session, data] = [`session${n}`, `${n}/${round}`]
          const id = `${session}.${round}`
          return cluster.startAppend('#room', { node, session, ref: round, data, id, expected: last })
        })
        const answers = []
        for (const answer of pending) answers.push(await cluster.awaitAnswer('an append is answered', answer))
        same(outcomes(answers).sort(), ['overtaken', 'stored'], 'the outcomes')
        for (const answer of answers) if (answer.outcome === 'stored') last = positionOf(answer)
      }
      same((await cluster.readAll('#room')).length, 20, 'the number of entries')
    },
  },
  {
    name: 'a known key is answered before the position is compared',
    async run(cluster) {
      const first = await cluster.appendNew('#room', { ref: 1, data: 1, expected: null })
      await cluster.appendNew('#room', { ref: 2, data: 2, expected: positionOf(first) })
      for (const node of [cluster.a, cluster.b]) {
        const again = await cluster.append('#room', { node, ref: 1, data: 1, expected: null })
        same(again, { ...first, outcome: 'duplicate' }, 'the answer to a repetition')
        const other = await cluster.append('#room', { node, ref: 1, data: 'other', expected: null })
        same(other.outcome, 'conflict', 'the answer with other data')
      }
    },
  },
  {
    name: 'an overtaken append leaves no trace: its key can be used for another message',
    async run(cluster) {
      const first = await cluster.appendNew('#room', { ref: 1, data: 1 })
      const lost = { session: 'session2', ref: 5, data: 'lost' }
      same((await cluster.append('#room', { ...lost, expected: null })).outcome, 'overtaken', 'the answer')
      const found = await cluster.awaitAnswer('a find', cluster.b.find('#room', cluster.makeKey(lost)))
      same(found, null, 'the find of the overtaken key')
      const free = { ...lost, ref: 3, data: 'free', expected: positionOf(first) }
      await cluster.appendNew('#room', free)
      await cluster.appendNew('#room', { ...lost, data: 'other' })
      same(await cluster.readData('#room'), [1, 'free', 'other'], 'the entries')
    },
  },
  {
    name: 'a log whose entries have been trimmed still ends at its newest position',
    needs: ['advance', 'age'],
    options: { age: 60_000 },
    async run(cluster) {
      // A log with a listener stays.
      const undo = cluster.a.tail('#room', () => {})
      const first = await cluster.appendNew('#room', { ref: 1, data: 1 })
      await cluster.bench.advance?.(120_000)
      const page = await cluster.read('#room')
      const wrong = await cluster.append('#room', { ref: 2, data: 2, expected: [page.epoch, 999, 'x'] })
      const answer = await cluster.append('#room', { ref: 3, data: 3, expected: positionOf(first) })
      if (page.epoch === first.epoch) {
        const { epoch, at, id } = first
        const event = page.entries.at(-1)?.event ?? null
        same(wrong, { outcome: 'overtaken', epoch, at, id, event }, 'the answer to a wrong position')
        same(answer.outcome, 'stored', 'the answer in the same epoch')
      } else {
        const { epoch } = page
        const empty = { outcome: 'overtaken', epoch, at: 0, id: null, event: null }
        same([wrong, answer], [empty, empty], 'the answers in a new epoch')
      }
      undo()
    },
  },
  {
    name: 'an append that expects a position of a log that was forgotten is overtaken',
    needs: ['forget'],
    async run(cluster) {
      const undo = cluster.a.tail('#old', () => {})
      const first = await cluster.appendNew('#old', { ref: 1, data: 1 })
      await cluster.bench.forget?.('#old')
      const { epoch, top, topId } = await cluster.read('#old')
      const answer = await cluster.append('#old', { ref: 2, data: 2, expected: positionOf(first) })
      const gone = { outcome: 'overtaken', epoch, at: 0, id: null, event: null }
      if (epoch === first.epoch) same([top, topId], [first.at, first.id], 'the place of the same epoch')
      else same(answer, gone, 'the answer in a new epoch')
      undo()
    },
  },
]

async function overtaken(cluster: Cluster): Promise<void> {
  const first = await cluster.appendNew('#room', { ref: 1, data: 1, event: 'one', id: 'session1.1' })
  const { epoch, at, id } = await cluster.appendNew('#room', {
    ...{ ref: 2, data: 2, event: 'two', id: 'session1.2' },
  })
  const wrong: readonly (Position | null)[] = [
    null,
    positionOf(first),
    [epoch, 0, null],
    [epoch, at + 1, id],
    [epoch, at, 'session1.1'],
    [epoch, at, null],
    [`${epoch}x`, at, id],
  ]
  for (const [n, position] of wrong.entries())
    for (const node of [cluster.a, cluster.b]) {
      const answer = await cluster.append('#room', { node, ref: n + 3, data: 'x', expected: position })
      same(
        answer,
        { outcome: 'overtaken', epoch, at, id, event: 'two' },
        `the answer to an append that expects ${JSON.stringify(position)}`,
      )
    }
  same(await cluster.readData('#room'), [1, 2], 'the entries')
}
