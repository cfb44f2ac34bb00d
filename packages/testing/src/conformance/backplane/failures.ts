import type { Backplane } from '@chat/core/backplane'
import { holds, same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { CheckedPresence } from './checked-presence.ts'
import { type Cluster, messageOf, positionOf, upTo } from './cluster.ts'

/** Cases of a store that is out of reach, or loses an answer or its data. */
export const failures: readonly BackplaneCase[] = [
  {
    name: 'out of reach, every operation fails as `unavailable`; repeated, an append is stored once',
    needs: ['outage'],
    run: outage,
  },
  {
    name: 'at each end of an outage `onReconnect` calls its listeners; by then operations are possible, and hints come again',
    needs: ['outage'],
    run: reconnect,
  },
  {
    name: 'a close lets the operations under way come to their end',
    async run(cluster) {
      const { a, b } = cluster
      const answers = upTo(5).map((n) => cluster.startAppend('#room', { session: `session${n}`, ref: 1 }))
      await cluster.awaitAnswer('a node closes', a.close())
      for (const answer of answers)
        same((await cluster.awaitAnswer('an append is answered', answer)).outcome, 'stored', 'the outcome')
      same((await cluster.readAll('#room', 10, b)).length, 5, 'the number of entries')
    },
  },
  {
    name: 'an append whose answer is lost is stored, and its repetition tells the answer',
    needs: ['loseAnswer'],
    async run(cluster) {
      await cluster.appendNew('#room', { ref: 1, data: 1 })
      const lost = { ref: 2, data: 2, by: 'node1' }
      await loseAnswer(cluster, 'append', () => cluster.startAppend('#room', lost))
      const again = await cluster.append('#room', { ...lost, by: 'node2', node: cluster.b })
      same([again.outcome, again.outcome === 'duplicate' && again.by], ['duplicate', 'node1'], 'the answer')
      same(await cluster.append('#room', lost), again, 'the answer to a second repetition')
      same(await cluster.readData('#room'), [1, 2], 'the entries')
    },
  },
  {
    name: 'an append behind one whose answer is lost is stored behind it',
    needs: ['loseAnswer'],
    async run(cluster) {
      const expected = positionOf(await cluster.appendNew('#room', { ref: 1, data: 1 }))
      const second = { ref: 2, data: 2, expected }
      await loseAnswer(cluster, 'append', () => cluster.startAppend('#room', second))
      await cluster.appendNew('#room', { ref: 3, previousRef: 2, data: 3 })
      same((await cluster.append('#room', second)).outcome, 'duplicate', 'the answer to a repetition')
      same(await cluster.readData('#room'), [1, 2, 3], 'the entries')
    },
  },
  {
    name: 'every other operation whose answer is lost can be repeated',
    needs: ['loseAnswer'],
    run: repeatsAll,
  },
  {
    name: 'a log whose newest messages were lost in the same epoch shows the loss by its ids, and stores their keys again',
    needs: ['rollback'],
    run: rollback,
  },
  {
    name: 'a store that has lost all data has other epochs, no entries and no keys; listeners hear on',
    needs: ['wipe'],
    run: wipe,
  },
  {
    name: 'a store that has lost all data has no sessions, and takes new ones',
    needs: ['wipe'],
    async run(cluster) {
      const { a, b, bench } = cluster
      const record = { id: 'session1', user: 'alice', secret: 's0' }
      const attempt = { user: 'alice', secret: 's0', n: 1, next: 's1', node: 'node2' }
      await cluster.awaitAnswer('a put is answered', a.sessions.put(record, 'node1', 300_000))
      await bench.wipe?.()
      for (const node of [a, b]) await untilInReach(cluster, node)
      const lost = await cluster.awaitAnswer('a take', b.sessions.take('session1', attempt, 300_000))
      same(lost, { outcome: 'unknown' }, 'a take of a session that was lost')
      same(await cluster.awaitAnswer('a find', b.sessions.find('session1')), null, 'its find')
      const renewed = b.sessions.renew({ id: 'session1', user: 'alice' }, 1, 1, 300_000)
      same(await cluster.awaitAnswer('a renew', renewed), true, 'its renew')
      await cluster.awaitAnswer('a put is answered', a.sessions.put(record, 'node1', 300_000))
      const taken = await cluster.awaitAnswer('a take', b.sessions.take('session1', attempt, 300_000))
      same(taken.outcome, 'taken', 'a take of a session that was put afterwards')
    },
  },
]

/** Waits until a node reaches the store. */
export function untilInReach(cluster: Cluster, node: Backplane): Promise<void> {
  const probe = (): Promise<void> => cluster.awaitAnswer('a probe is answered', node.probe())
  return cluster.until('the store is in reach again', async () => (await codeOf(probe)) === null)
}

/** Returns the code with which an attempt fails; `null` when it succeeds. */
export async function codeOf(attempt: () => unknown): Promise<unknown> {
  return (await errorOf(attempt)).code
}

async function errorOf(attempt: () => unknown): Promise<{ code: unknown; retryable: unknown }> {
  try {
    await attempt()
    return { code: null, retryable: null }
  } catch (error) {
    const { code, retryable } = error as { code?: unknown; retryable?: unknown }
    return { code, retryable }
  }
}

/** Runs an operation of the first node whose answer is lost. */
async function loseAnswer(cluster: Cluster, name: string, operation: () => unknown): Promise<void> {
  await cluster.bench.loseAnswer?.(cluster.a)
  const code = await cluster.awaitAnswer(`${name} fails`, codeOf(operation))
  same(code, 'unavailable', `the error of ${name}, whose answer is lost`)
  await untilInReach(cluster, cluster.a)
}

async function outage(cluster: Cluster): Promise<void> {
  const { a, bench } = cluster
  let back = 0
  const undo = a.onReconnect(() => back++)
  const { epoch, at, id } = await cluster.appendNew('#room', { ref: 1, data: 1 })
  await bench.outage?.(a, true)
  const key = cluster.makeKey({ ref: 2, data: 2 })
  const attempts: Record<string, () => unknown> = {
    append: () => a.append('#room', messageOf({ data: 2 }), key),
    find: () => a.find('#room', key),
    read: () => a.read('#room', { after: 0, limit: 10 }),
    heads: () => a.heads(['#room']),
    bump: () => a.bump('#room', epoch),
    redact: () => a.redact('#room', [epoch, at, id]),
    probe: () => a.probe(),
    'sessions.find': () => a.sessions.find('session1'),
    'sessions.drop': () => a.sessions.drop({ id: 'session1' }),
    'sessions.put': () => a.sessions.put({ id: 'session1', user: 'alice', secret: 's0' }, 'node1', 60_000),
  }
  for (const [name, attempt] of Object.entries(attempts))
    same(
      await cluster.awaitAnswer(`${name} out of reach fails`, errorOf(attempt)),
      { code: 'unavailable', retryable: true },
      `the error of ${name} out of reach`,
    )
  await bench.outage?.(a, false)
  await cluster.until('the node is told that the store is back in reach', () => back > 0)
  undo()
  const answer = await cluster.append('#room', { ref: 2, data: 2 })
  same(answer.outcome !== 'conflict', true, 'that the repetition is no conflict')
  same((await cluster.readData('#room')).length, 2, 'the number of entries')
}

async function reconnect(cluster: Cluster): Promise<void> {
  const { a, bench } = cluster
  const [heard, texts] = [new Set<string>(), new Set<string>()]
  const undos = [
    a.tail('#room', ({ entry }) => heard.add(entry.data)),
    a.subscribe('control', (text) => texts.add(text)),
  ]
  const codes: Promise<unknown>[] = []
  let ended = 0
  a.onReconnect(() => ended++)()
  undos.push(a.onReconnect(() => codes.push(codeOf(() => a.read('#room', { after: 0, limit: 1 })))))
  for (const round of upTo(2)) {
    const before = codes.length
    await bench.outage?.(a, true)
    for (const attempt of [() => a.probe(), () => cluster.startAppend('#other')])
      await cluster.awaitAnswer('an operation out of reach fails', codeOf(attempt))
    await bench.outage?.(a, false)
    await cluster.until(`the node is told of the end of outage ${round}`, () => codes.length > before)
    same(await cluster.awaitAnswer('a read', codes[before]), null, 'the error of a read in the listener')
    const text = JSON.stringify(`round ${round}`)
    const lossy = cluster.capabilities.hints === 'lossy'
    await cluster.appendNew('#room', { json: text, node: cluster.b })
    await cluster.until('hints and texts come again', async () => {
      if (lossy && !heard.has(text)) await cluster.appendNew('#room', { json: text, node: cluster.b })
      await cluster.awaitAnswer('a publish is answered', cluster.b.publish('control', text))
      return cluster.soon(() => heard.has(text) && texts.has(text))
    })
  }
  same(ended, 0, 'the number of calls of a listener after its undo')
  for (const undo of undos) undo()
}

async function repeatsAll(cluster: Cluster): Promise<void> {
  const { a } = cluster
  const first = await cluster.appendNew('#room', { ref: 1, data: 1 })
  const room = new CheckedPresence(cluster)
  const attempt = { user: 'alice', secret: 's0', n: 1, next: 's1', node: 'node1' }
  const record = { id: 'session1', user: 'alice', secret: 's0' }
  const operations: readonly (readonly [name: string, run: () => unknown])[] = [
    ['find', () => a.find('#room', cluster.makeKey({ ref: 1, data: 1 }))],
    ['read', () => a.read('#room', { after: 0, limit: 10 })],
    ['heads', () => a.heads(['#room'])],
    ['redact', () => a.redact('#room', positionOf(first))],
    ['bump', () => a.bump('#room', first.epoch)],
    ['put', () => a.sessions.put(record, 'node1', 300_000)],
    ['renew', () => a.sessions.renew({ id: 'session1', user: 'alice' }, 1, 7, 300_000)],
    ['enter', () => room.startEnter([{ session: 'session1', state: 1 }])],
    ['leave', () => a.presence.leave('#room', 'session1', 1, 0)],
    ['lease', () => a.presence.lease('node1', { ttl: 30_000, keep: 0 })],
  ]
  for (const [name, run] of operations) {
    await loseAnswer(cluster, name, run)
    same(
      await cluster.awaitAnswer(`${name} is answered`, codeOf(run)),
      null,
      `the error of ${name}, repeated`,
    )
  }
  same(await cluster.readData('#room'), [null], 'the entries')
  same(await room.readSessions(), [], 'the sessions in the room')
  const take = (n: number): unknown => a.sessions.take('session1', { ...attempt, n, next: `s${n}` }, 300_000)
  await loseAnswer(cluster, 'take', () => take(1))
  const again = await cluster.awaitAnswer('a take is answered', take(2) as ReturnType<typeof a.sessions.take>)
  same(again.outcome, 'taken', 'a second attempt with the same secret')
  const { epoch } = await cluster.read('#room')
  holds(epoch !== first.epoch, 'the epoch is still the same after a bump')
}

async function rollback(cluster: Cluster): Promise<void> {
  const { bench } = cluster
  const stored = []
  for (const n of upTo(5))
    stored.push(await cluster.appendNew('#room', { ref: n, data: n, id: `session1.${n}` }))
  const [third, fourth, fifth] = [stored[2], stored[3], stored[4]]
  if (third === undefined || fourth === undefined || fifth === undefined) return
  await bench.rollback?.('#room', 2)
  for (const node of [cluster.a, cluster.b]) await untilInReach(cluster, node)
  const page = await cluster.read('#room', { after: fifth.at, limit: 10 })
  same([page.top, page.topId, page.afterId], [third.at, third.id, null], 'the page after the lost top')
  same(await cluster.readData('#room'), [1, 2, 3], 'the entries')
  const other = await cluster.appendNew('#room', { session: 'session2', ref: 1, data: 'x', id: 'session2.1' })
  const again = await cluster.read('#room', { after: fourth.at, limit: 10 })
  if (other.epoch === fourth.epoch) holds(again.afterId !== fourth.id, 'the lost message still has its id')
  const overtaken = await cluster.append('#room', { ref: 6, data: 6, expected: positionOf(fourth) })
  same(overtaken.outcome, 'overtaken', 'the answer to an append that expects a lost message')
  const repeated = await cluster.append('#room', { ref: 5, data: 5, id: 'session1.5' })
  same(repeated.outcome, 'stored', 'the answer to a repetition of a lost message')
  same(await cluster.readData('#room'), [1, 2, 3, 'x', 5], 'the entries')
}

async function wipe(cluster: Cluster): Promise<void> {
  const { a, b, bench } = cluster
  const { hints, undo } = cluster.collectHints('#room')
  const before = await cluster.appendNew('#room', { ref: 1, data: 'before' })
  const empty = await cluster.read('#empty')
  await bench.wipe?.()
  for (const node of [a, b]) await untilInReach(cluster, node)
  const page = await cluster.read('#room')
  holds(page.epoch !== before.epoch, 'the epoch of a log that was lost is still the same')
  same([page.top, page.topId, page.exists, page.entries], [0, null, false, []], 'the page of a lost log')
  holds((await cluster.read('#empty')).epoch !== empty.epoch, 'the epoch of an empty log is still the same')
  const key = cluster.makeKey({ ref: 1, data: 'before' })
  same(await cluster.awaitAnswer('a find is answered', b.find('#room', key)), null, 'the find of a lost key')
  const again = await cluster.appendNew('#room', { ref: 1, data: 'before' })
  same(again.epoch, page.epoch, 'the epoch of a message afterwards')
  await cluster.until('listeners hear of the log made anew', async () => {
    if (hints.some(({ epoch }) => epoch === again.epoch)) return true
    await cluster.untilStable(() => hints.length)
    if (cluster.capabilities.hints === 'lossy') await cluster.appendNew('#room')
    return hints.some(({ epoch }) => epoch === again.epoch)
  })
  undo()
}
