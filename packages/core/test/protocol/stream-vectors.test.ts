import { describe, expect, test } from 'vitest'
import type { Answer } from '../support/raw-client.ts'
import { outcome, paths, stage } from '../support/stage.ts'
import { shown, vectors } from '../support/vectors.ts'

interface Written {
  readonly rule: string
  readonly to?: string
  readonly event?: string
  readonly head: unknown
  readonly meta?: object | null
  readonly parts?: readonly unknown[]
  readonly partEvent?: string
  readonly partMeta?: object
  readonly end?: unknown
  readonly code?: string
  readonly whole?: unknown
  readonly stored?: object
}

const titleOf = ({ rule, code = 'ok', ...vector }: Written): string =>
  `${rule}: ${shown({ ...vector, whole: undefined, stored: undefined })} is answered with ${code}`

/** Writes a stream as a vector says. Returns the answer to the last send, and the entries of both logs. */
async function write(path: (typeof paths)[number], vector: Written) {
  const { to = '#lobby', event = 'answer', head, meta = { stream: true }, parts = [] } = vector
  const s = stage({ path, clientStreams: ['answer'] })
  const alice = await s.client('alice')
  let last: Answer = await alice.request('send', to, event, head, meta)
  const address = `^${alice.id}.1/${to}`
  for (const part of parts)
    last = await alice.request('send', address, vector.partEvent ?? event, part, vector.partMeta)
  if (vector.end !== undefined) last = await alice.request('send', address, '$end', vector.end)
  await s.settle()
  const read = (log: string) =>
    s.store
      .read(log, { after: 0, limit: 10 })
      .entries.map((entry) => ({ event: entry.event, id: entry.id, data: JSON.parse(entry.data) as unknown }))
  return { last, id: alice.id, stream: read(address), parent: read(to) }
}

describe.each(paths)('vectors/written-streams, with a backplane that is %s', (path) => {
  for (const vector of vectors<Written>('written-streams'))
    test(titleOf(vector), async () => {
      const { code, whole, parts, end, stored } = vector
      const { last, id, stream, parent } = await write(path, vector)
      expect(outcome(last)).toBe(code ?? 'ok')
      const opened = code === undefined || parts !== undefined || end !== undefined
      expect(parent.map((entry) => entry.id)).toEqual(
        !opened ? [] : code === undefined && end === undefined ? [`${id}.1`] : [`${id}.1`, `${id}.1.end`],
      )
      if (parent.length === 2) expect(parent[1]?.data).toEqual(whole)
      if (code !== undefined && opened) expect(stream.at(-1)?.data).toMatchObject({ state: 'failed', code })
      if (stored !== undefined) expect(stream.at(-1)).toMatchObject({ event: '$end', data: stored })
      if (code === undefined && end === undefined && whole !== undefined)
        expect(joined(stream.map(({ data }) => data))).toEqual(whole)
    })
})

/** Joins the data of the entries of a stream. */
const joined = (entries: readonly unknown[]): unknown =>
  typeof entries[0] === 'string' ? entries.join('') : entries.flat()
