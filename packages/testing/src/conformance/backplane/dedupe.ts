import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, messageOf, outcomes } from './cluster.ts'

/** Cases of repetitions, which a store tells from new messages (P-PB-2). */
export const dedupe: readonly BackplaneCase[] = [
  {
    name: 'the same key again is a duplicate, with the first answer, on every node (BP-02)',
    async run(cluster) {
      const first = await cluster.appendNew('#room', { ref: 1, data: 'once' })
      await cluster.appendNew('#room', { ref: 2, data: 'between' })
      for (const node of [cluster.a, cluster.b])
        same(
          await cluster.append('#room', { node, ref: 1, data: 'once' }),
          { ...first, outcome: 'duplicate' },
          'the answer to a repetition',
        )
      same((await cluster.readAll('#room')).length, 2, 'the number of entries')
    },
  },
  {
    name: 'a duplicate and a find name the node that stored the message',
    async run(cluster) {
      const first = await cluster.appendNew('#room', { ref: 1, data: 'once', by: 'node1' })
      same(first.by, 'node1', 'the node that stored the message')
      const again = await cluster.append('#room', { ref: 1, data: 'once', by: 'node2', node: cluster.b })
      same(again, { ...first, outcome: 'duplicate' }, 'the answer to another node')
      const key = cluster.makeKey({ ref: 1, data: 'once', by: 'node2' })
      const found = await cluster.awaitAnswer('a find is answered', cluster.b.find('#room', key))
      same(found, { ...first, outcome: 'duplicate' }, 'the find on another node')
    },
  },
  {
    name: 'the same key from two nodes at once is stored once',
    async run(cluster) {
      for (let ref = 1; ref <= 20; ref++) {
        const answers = [cluster.a, cluster.b, cluster.a].map((node) =>
          cluster.startAppend('#room', { node, ref, data: ref }),
        )
        const got = []
        for (const answer of answers) got.push(await cluster.awaitAnswer('an append is answered', answer))
        same(outcomes(got).sort(), ['duplicate', 'duplicate', 'stored'], 'the outcomes')
      }
      same(
        (await cluster.readAll('#room')).map(({ data }) => data),
        Array.from({ length: 20 }, (_, n) => n + 1),
        'the entries',
      )
    },
  },
  {
    name: 'the same key with another event or data is a conflict, and is not stored',
    async run(cluster) {
      const first = await cluster.appendNew('#room', { ref: 1, data: 'one' })
      same((await cluster.append('#room', { ref: 1, data: 'two' })).outcome, 'conflict', 'other data')
      same(
        (await cluster.append('#room', { ref: 1, data: 'one', event: 'shout' })).outcome,
        'conflict',
        'another event',
      )
      same(
        await cluster.append('#room', { ref: 1, data: 'one' }),
        { ...first, outcome: 'duplicate' },
        'the first again',
      )
      same((await cluster.readAll('#room')).length, 1, 'the number of entries')
    },
  },
  {
    name: 'hashes are compared exactly, with any characters',
    async run(cluster) {
      const hashes = [
        '\u0000a',
        '\u0000b',
        '\ud800',
        '\ud801',
        '\udfff',
        '\ufffd',
        'é',
        'e\u0301',
        ' x',
        'x',
        'X',
        '1',
        '01',
      ]
      for (const [n, hash] of hashes.entries()) {
        const ref = n + 1
        await cluster.appendNew('#room', { ref, hash })
        for (const other of hashes)
          same(
            (await cluster.append('#room', { ref, hash: other })).outcome,
            other === hash ? 'duplicate' : 'conflict',
            `${JSON.stringify(other)} after ${JSON.stringify(hash)}`,
          )
      }
    },
  },
  {
    name: 'the same ref of another session, user or log is a new message (BP-02)',
    async run(cluster) {
      const others = [
        {},
        { session: 'session2' },
        { user: 'bob' },
        { user: '' },
        { user: 'alice#room' },
        { user: 'alice', session: 'session1@alice' },
        { user: 'alice:1', session: 'session1' },
        { user: '*' },
        { user: '__proto__', session: '__proto__' },
      ]
      for (const other of others)
        for (const stream of ['#room', '#room2', '#Room', '@alice'])
          same(
            (await cluster.append(stream, { ref: 1, data: 'x', ...other })).outcome,
            'stored',
            JSON.stringify(other),
          )
    },
  },
  {
    name: 'the last refs of a session are remembered; older and skipped refs are conflicts',
    run: ring,
  },
  {
    name: 'each stream has its own memory of a session',
    async run(cluster) {
      await cluster.appendNew('#a', { ref: 10, data: 'x' })
      await cluster.appendNew('#b', { ref: 3, data: 'x' })
      same(
        (await cluster.append('#a', { ref: 3, data: 'x' })).outcome,
        'conflict',
        'a ref below the greatest',
      )
      await cluster.appendNew('#b', { ref: 4, data: 'x' })
    },
  },
  {
    name: 'a find answers as an append of a known key would, and is not stored',
    async run(cluster) {
      const find = (ref: number, data: unknown): Promise<unknown> =>
        cluster.awaitAnswer('a find is answered', cluster.b.find('#room', cluster.makeKey({ ref, data })))
      same(await find(1, 'x'), null, 'the find of a new key')
      const first = await cluster.appendNew('#room', { ref: 1, data: 'x' })
      same(await find(1, 'x'), { ...first, outcome: 'duplicate' }, 'the find of a known key')
      same(await find(1, 'y'), { outcome: 'conflict' }, 'the find of a known key with another message')
      same(await find(2, 'z'), null, 'the find of the next key')
      same((await cluster.append('#room', { ref: 2, data: 'z' })).outcome, 'stored', 'an append after a find')
    },
  },
  {
    name: 'a key is known for the window after its last use, and then no longer (BP-02)',
    needs: ['advance'],
    async run(cluster) {
      const { dedupeWindow } = cluster.capabilities
      const first = await cluster.appendNew('#room', { ref: 1, data: 'x' })
      for (let use = 0; use < 3; use++) {
        await cluster.bench.advance?.(dedupeWindow * 0.8)
        same(
          await cluster.append('#room', { ref: 1, data: 'x' }),
          { ...first, outcome: 'duplicate' },
          'a repetition within the window',
        )
      }
      await cluster.bench.advance?.(dedupeWindow * 2 + 60_000)
      same(
        (await cluster.append('#room', { ref: 1, data: 'x' })).outcome,
        'stored',
        'a repetition after the window',
      )
    },
  },
  {
    name: 'a repetition is recognised although the message itself is no longer kept',
    needs: ['keep'],
    options: { keep: 5 },
    async run(cluster) {
      const first = await cluster.appendNew('#room', { session: 'session2', ref: 1, data: 'x' })
      for (let n = 0; n < 1_000 && (await cluster.read('#room', { after: 0, limit: 1 })).base < first.at; n++)
        await cluster.appendNew('#room', { data: n, ref: n + 1 })
      same(
        await cluster.append('#room', { session: 'session2', ref: 1, data: 'x' }),
        { ...first, outcome: 'duplicate' },
        'the answer to a repetition',
      )
    },
  },
  {
    name: 'out of reach, an append fails as `unavailable`; repeated, it is stored once',
    needs: ['outage'],
    run: outage,
  },
]

async function ring(cluster: Cluster): Promise<void> {
  const window = 4
  const append = async (ref: number): Promise<string> =>
    (await cluster.append('#room', { ref, window, data: ref })).outcome
  for (const ref of [1, 2, 3, 7, 8, 9]) same(await append(ref), 'stored', `ref ${ref}`)
  for (const ref of [3, 7, 8, 9]) same(await append(ref), 'duplicate', `ref ${ref}, one of the last four`)
  for (const ref of [1, 2]) same(await append(ref), 'conflict', `ref ${ref}, which is too old to be known`)
  for (const ref of [4, 5, 6]) same(await append(ref), 'conflict', `ref ${ref}, which was skipped`)
  same(await append(10), 'stored', 'the next ref')
  same(await append(3), 'conflict', 'ref 3, which is too old now')
  same(
    (await cluster.readAll('#room')).map(({ data }) => data),
    [1, 2, 3, 7, 8, 9, 10],
    'the entries',
  )
}

async function outage(cluster: Cluster): Promise<void> {
  const { a, bench } = cluster
  let back = 0
  const undo = a.onReconnect(() => back++)
  await cluster.appendNew('#room', { ref: 1, data: 1 })
  await bench.outage?.(a, true)
  const key = cluster.makeKey({ ref: 2, data: 2 })
  const failing = async (): Promise<unknown> => a.append('#room', messageOf({ data: 2 }), key)
  const error = await cluster.awaitAnswer(
    'an append out of reach fails',
    failing().then(
      () => null,
      (reason: { code?: unknown; retryable?: unknown }) => ({
        code: reason.code,
        retryable: reason.retryable,
      }),
    ),
  )
  same(error, { code: 'unavailable', retryable: true }, 'the error of an append out of reach')
  await bench.outage?.(a, false)
  await cluster.until('the node is told that the store is back in reach', () => back > 0)
  undo()
  const answer = await cluster.append('#room', { ref: 2, data: 2 })
  same(answer.outcome !== 'conflict', true, 'that the repetition is no conflict')
  same(
    (await cluster.readAll('#room')).map(({ data }) => data),
    [1, 2],
    'the entries',
  )
}
