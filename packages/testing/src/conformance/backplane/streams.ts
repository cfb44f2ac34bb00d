import type { LogPage } from '@chat/core/backplane'
import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { type Append, type Cluster, dataOf, positionOf, type Stored, upTo } from './cluster.ts'

const stream = '^n4Qz81Ab.7/#room'
const age = 60_000
const keep = 30_000

/** Appends messages to the stream, each behind the one before it; the last ends it if `end` is given. */
async function write(cluster: Cluster, count: number, end?: { readonly keep: number }): Promise<Stored> {
  let last: Stored | null = null
  for (const n of upTo(count)) {
    const ends: Append = n === count && end !== undefined ? { event: '$end', ...end } : {}
    const expected = last === null ? null : positionOf(last)
    last = await cluster.appendNew(stream, { data: n, session: 'node', ref: n, expected, ...ends })
  }
  return last as Stored
}

/** Checks that the stream is gone as a whole, and that nothing can be stored behind its last message. */
async function isGone(cluster: Cluster, last: Stored): Promise<void> {
  const page = await cluster.read(stream)
  same(placeOf(page), { exists: false, base: 0, top: 0, entries: [] }, 'the page of a stream that is gone')
  const late = { session: 'late', ref: 1, expected: positionOf(last) }
  const { outcome, at } = (await cluster.append(stream, late)) as { outcome: string; at: number }
  same([outcome, at], ['overtaken', 0], 'the answer to a late append')
}

const placeOf = ({ exists, base, top, entries }: LogPage) => ({ exists, base, top, entries: dataOf(entries) })

/** Cases of the logs of streams, which are kept as a whole (P-SM-10). */
export const streams: readonly BackplaneCase[] = [
  {
    name: 'a stream is not trimmed by the number of its messages (P-SM-10)',
    needs: ['keep'],
    options: { keep: 10 },
    async run(cluster) {
      await write(cluster, 250)
      same(dataOf(await cluster.readAll(stream)), upTo(250), 'the messages')
    },
  },
  {
    name: 'a stream is not trimmed by the age of its messages, while it is written (P-SM-10)',
    needs: ['advance', 'age'],
    options: { age },
    async run(cluster) {
      let last = await write(cluster, 1)
      for (const n of [2, 3, 4]) {
        await cluster.bench.advance?.(age * 0.7)
        last = await cluster.appendNew(stream, {
          ...{ data: n, session: 'node', ref: n, expected: positionOf(last) },
        })
      }
      same(dataOf(await cluster.readAll(stream)), upTo(4), 'the messages')
    },
  },
  {
    name: 'an open stream is forgotten as a whole when nothing was written to it for its age (P-SM-10)',
    needs: ['advance', 'age'],
    options: { age },
    async run(cluster) {
      const last = await write(cluster, 3)
      await cluster.bench.advance?.(age * 1.5)
      await isGone(cluster, last)
    },
  },
  {
    name: 'an ended stream is kept for a while, and then forgotten as a whole, also when it is read (P-SM-10)',
    needs: ['advance'],
    async run(cluster) {
      const { hints, undo } = cluster.collectHints(stream)
      const last = await write(cluster, 3, { keep })
      await cluster.until('the hints arrive', () => hints.length >= 6)
      await cluster.bench.advance?.(keep * 0.4)
      same(dataOf(await cluster.readAll(stream)), upTo(3), 'the messages of an ended stream')
      for (const _ of upTo(3)) {
        await cluster.bench.advance?.(keep * 0.4)
        await cluster.read(stream)
      }
      await isGone(cluster, last)
      undo()
    },
  },
  {
    name: 'the name of the last message is told to a late append (P-SM-6)',
    async run(cluster) {
      const last = await write(cluster, 2, { keep: 100_000 })
      const late = await cluster.append(stream, { session: 'late', ref: 1, expected: null, node: cluster.b })
      const { epoch, at, id } = last
      same(late, { outcome: 'overtaken', epoch, at, id, event: '$end' }, 'the answer')
    },
  },
  {
    name: 'the look at a stream that does not exist leaves no trace (P-SM-4)',
    needs: ['leftovers'],
    async run(cluster) {
      const before = await cluster.bench.leftovers?.()
      const page = await cluster.read(stream)
      same(placeOf(page), { exists: false, base: 0, top: 0, entries: [] }, 'the page')
      same(await cluster.bench.leftovers?.(), before, 'the number of entries of the store')
    },
  },
]
