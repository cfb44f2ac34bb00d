import { oneOf, same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Cluster, outcomes, upTo } from './cluster.ts'

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
    name: 'the meta of a message is no part of the comparison: the first meta stands (P-MT-4)',
    async run(cluster) {
      const first = await cluster.appendNew('#room', { ref: 1, data: 'once', meta: '{"n":1}' })
      for (const meta of ['{"n":2}', null]) {
        const again = await cluster.append('#room', { ref: 1, data: 'once', meta })
        same(again, { ...first, outcome: 'duplicate' }, 'the answer to a repetition')
      }
      same(
        (await cluster.readAll('#room')).map(({ meta }) => meta),
        ['{"n":1}'],
        'the meta in the log',
      )
    },
  },
  {
    name: 'the same key from two nodes at once is stored once',
    async run(cluster) {
      for (const ref of upTo(20)) {
        const answers = [cluster.a, cluster.b, cluster.a].map((node) =>
          cluster.startAppend('#room', { node, ref, data: ref }),
        )
        const got = []
        for (const answer of answers) got.push(await cluster.awaitAnswer('an append is answered', answer))
        same(outcomes(got).sort(), ['duplicate', 'duplicate', 'stored'], 'the outcomes')
      }
      same(await cluster.readData('#room'), upTo(20), 'the entries')
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
    run: comparesHashes,
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
    name: 'at least the last refs of a session are remembered; older refs are not stored again, and skipped refs are conflicts',
    run: remembersRefs,
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
    name: 'a key is known for the window after its message was stored (BP-02)',
    needs: ['advance'],
    async run(cluster) {
      const { dedupeWindow } = cluster.capabilities
      const first = await cluster.appendNew('#room', { ref: 1, data: 'x' })
      for (const _ of upTo(2)) {
        await cluster.bench.advance?.(dedupeWindow * 0.4)
        same(
          await cluster.append('#room', { ref: 1, data: 'x' }),
          { ...first, outcome: 'duplicate' },
          'a repetition within the window',
        )
      }
      same((await cluster.readAll('#room')).length, 1, 'the number of entries')
    },
  },
  {
    name: 'a ref is never stored again while its session can be resumed (P-HS-6)',
    needs: ['advance'],
    run: remembersSleepers,
  },
  {
    name: 'a repetition is recognised although the message itself is no longer kept',
    needs: ['keep'],
    options: { keep: 5 },
    async run(cluster) {
      const first = await cluster.appendNew('#room', { session: 'session2', ref: 1, data: 'x' })
      await cluster.trimBehind('#room', first.at)
      same(
        await cluster.append('#room', { session: 'session2', ref: 1, data: 'x' }),
        { ...first, outcome: 'duplicate' },
        'the answer to a repetition',
      )
    },
  },
]

/** The clock of a client can stand still while its device sleeps, so it repeats a send after the window. */
async function remembersSleepers(cluster: Cluster): Promise<void> {
  const { dedupeWindow } = cluster.capabilities
  const session = 'sleeper1'
  const record = { id: session, user: 'alice', secret: 'a'.repeat(64) }
  await cluster.awaitAnswer('a put is answered', cluster.a.sessions.put(record, 'node1', 2 * dedupeWindow))
  await cluster.appendNew('#room', { session, ref: 1, data: 'x' })
  await cluster.bench.advance?.(dedupeWindow * 1.5)
  const { outcome } = await cluster.append('#room', { session, ref: 1, data: 'x' })
  if (outcome !== 'duplicate') same(outcome, 'conflict', 'the answer to a repetition after the window')
  same((await cluster.append('#room', { session, ref: 2, data: 'z' })).outcome, 'stored', 'a new ref')
  same((await cluster.readAll('#room')).length, 2, 'the number of entries')
}

async function comparesHashes(cluster: Cluster): Promise<void> {
  const hashes = ['\u0000a', '\u0000b', '\ud800', '\ud801', '\udfff', '\ufffd']
  hashes.push('é', 'e\u0301', ' x', 'x', 'X', '1', '01')
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
}

async function remembersRefs(cluster: Cluster): Promise<void> {
  const window = 4
  const append = async (ref: number): Promise<string> =>
    (await cluster.append('#room', { ref, window, data: ref })).outcome
  const refs = [1, 2, 3, 7, 8, 9, 101, 102, 105, 106]
  for (const [n, ref] of refs.entries()) {
    same(await append(ref), 'stored', `ref ${ref}`)
    for (const known of refs.slice(Math.max(0, n + 1 - window), n + 1))
      same(await append(known), 'duplicate', `ref ${known}, one of the last four up to ${ref}`)
  }
  for (const ref of [4, 5, 6, 10, 100, 103, 104])
    same(await append(ref), 'conflict', `ref ${ref}, which was skipped`)
  const later = upTo(200).map((n) => n + 1_000)
  await cluster.appendInOrder(
    '#room',
    later.map((ref, n) => ({ ref, window, data: ref, ...(n === 0 ? {} : { previousRef: ref - 1 }) })),
  )
  for (const ref of refs)
    oneOf(await append(ref), ['conflict', 'duplicate'], `ref ${ref}, which is far below the greatest`)
  same(await cluster.readData('#room'), [...refs, ...later], 'the entries')
}
