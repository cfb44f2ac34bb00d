import { oneOf, same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { outcomes, upTo } from './cluster.ts'

/** Cases of appends that are called before the answer to the append before them. */
export const pipelining: readonly BackplaneCase[] = [
  {
    name: 'an append whose previous ref is not known is early, and is not stored',
    async run(cluster) {
      const second = { ref: 2, previousRef: 1, data: 2 }
      for (const node of [cluster.a, cluster.b])
        same(await cluster.append('#room', { ...second, node }), { outcome: 'early' }, 'the second')
      same(await cluster.readData('#room'), [], 'the entries')
      await cluster.appendNew('#room', { ref: 1, data: 1 })
      await cluster.appendNew('#room', { ...second, node: cluster.b })
      same(await cluster.readData('#room'), [1, 2], 'the entries')
    },
  },
  {
    name: 'an early append leaves no trace: its ref is free, and the refs below it are no conflicts',
    async run(cluster) {
      const early = await cluster.append('#room', { ref: 9, previousRef: 8, data: 'early' })
      same(early, { outcome: 'early' }, 'the answer')
      const key = cluster.makeKey({ ref: 9, data: 'early' })
      const found = await cluster.awaitAnswer('a find is answered', cluster.b.find('#room', key))
      same(found, null, 'the find of the early key')
      await cluster.appendNew('#room', { ref: 3, data: 3 })
      await cluster.appendNew('#room', { ref: 9, previousRef: 3, data: 'other' })
      same(await cluster.readData('#room'), [3, 'other'], 'the entries')
    },
  },
  {
    name: 'a previous ref is known by its own session and log only',
    async run(cluster) {
      await cluster.appendNew('#room', { ref: 1, data: 1 })
      for (const other of [{ session: 'session2' }, { user: 'bob' }])
        same(
          (await cluster.append('#room', { ref: 2, previousRef: 1, ...other })).outcome,
          'early',
          `the second of ${JSON.stringify(other)}`,
        )
      const elsewhere = await cluster.append('#elsewhere', { ref: 2, previousRef: 1 })
      same(elsewhere.outcome, 'early', 'the second elsewhere')
    },
  },
  {
    name: 'a known key is answered first, also when it names a previous ref',
    async run(cluster) {
      const [, second] = await cluster.appendInOrder('#room', [{ data: 1 }, { data: 2 }, { data: 3 }])
      const again = await cluster.append('#room', { node: cluster.b, ref: 2, previousRef: 1, data: 2 })
      same(again, { ...second, outcome: 'duplicate' }, 'the answer to a repetition')
      const unknown = await cluster.append('#room', { ref: 2, previousRef: 77, data: 2 })
      same(unknown, { ...second, outcome: 'duplicate' }, 'the answer with an unknown previous ref')
      const other = await cluster.append('#room', { ref: 2, previousRef: 77, data: 'other' })
      same(other.outcome, 'conflict', 'the answer with other data')
    },
  },
  {
    name: '48 appends at once, each with its previous ref: the log has their order, and none is a conflict',
    async run(cluster) {
      const messages = upTo(48).map((n) => ({
        ...{ ref: n, data: n, window: 48, id: `session1.${n}` },
        ...(n === 1 ? {} : { previousRef: n - 1 }),
      }))
      const pending = messages.map((message) => cluster.startAppend('#room', message))
      const answers = []
      for (const answer of pending) answers.push(await cluster.awaitAnswer('an append is answered', answer))
      for (const outcome of outcomes(answers)) oneOf(outcome, ['stored', 'early'], 'the outcome')
      for (const [n, message] of messages.entries())
        if (answers[n]?.outcome === 'early') await cluster.appendNew('#room', message)
      same(await cluster.readData('#room'), upTo(48), 'the entries')
    },
  },
  {
    name: 'appends of one session on two nodes at once keep the order of their previous refs',
    async run(cluster) {
      for (const round of upTo(10)) {
        const first = { ref: 2 * round - 1, data: 2 * round - 1 }
        const second = { ref: 2 * round, previousRef: first.ref, data: 2 * round }
        const pending = [
          cluster.startAppend('#room', { ...second, node: cluster.b }),
          cluster.startAppend('#room', { ...first, node: cluster.a }),
        ]
        const answers = []
        for (const one of pending) answers.push(await cluster.awaitAnswer('an append is answered', one))
        oneOf(
          outcomes(answers),
          [
            ['early', 'stored'],
            ['stored', 'stored'],
          ],
          'the outcomes',
        )
        await cluster.append('#room', second)
      }
      same(await cluster.readData('#room'), upTo(20), 'the entries')
    },
  },
]
