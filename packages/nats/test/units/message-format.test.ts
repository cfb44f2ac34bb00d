import { describe, expect, test } from 'vitest'
import { emptyState, entryBytes, type StoredEntry, stateAfter, toOffset } from '../../src/log/log-state.ts'
import { formatMessage, parseMessage } from '../../src/log/message-format.ts'

function entry(given: Partial<StoredEntry>): StoredEntry {
  const all = {
    ...{ id: 's1.1', event: 'say', from: 'alice', time: 1_700_000_000_000, data: '"hi"', meta: null },
    ...{ user: 'alice', session: 's1', ref: 1, hash: 'abc', window: 64, by: 'n1', bytes: 0 },
    ...given,
  }
  return { ...all, bytes: entryBytes(all) }
}

const odd = [
  '"\\n"',
  '{"a":\n1}',
  '"👋\u2028é"',
  '"\\ud800"',
  'null',
  '""',
  '[]',
  JSON.stringify('x'.repeat(70_000)),
]

describe('a message of a log', () => {
  test('is read as it was written, with any characters in its texts', () => {
    const entries = odd.flatMap((data, n) => [
      entry({ data, ref: n + 1, id: `s1.${n + 1}` }),
      entry({
        data: '1',
        meta: `{"text":${JSON.stringify(data)}}`,
        id: `odd ${data}`,
        event: data,
        hash: data,
      }),
      entry({ from: null, user: '', session: '\ud800', ref: 7, id: '\ud800.7' }),
    ])
    const before = { ...emptyState('epoch'), top: 5_120, topId: '\udfff', count: 5, bytes: 99 }
    const text = formatMessage({ previous: 5, before, entries })
    const read = parseMessage({ sequence: 9, data: Buffer.from(text) })
    expect(read).toEqual({ sequence: 9, previous: 5, before, entries })
  })

  test('moves the log on: its newest entry, its totals, and the places at which a search backwards halts', () => {
    const entries = [entry({ ref: 1 }), entry({ ref: 2, id: 's1.2', time: 7 })]
    const first = stateAfter({ sequence: 3, previous: 0, before: emptyState('e'), entries })
    expect(first).toMatchObject({
      top: toOffset(3, 1),
      topId: 's1.2',
      topEvent: 'say',
      topTime: 7,
      count: 2,
      anchor: 3,
    })
    const next = stateAfter({ sequence: 4, previous: 3, before: first, entries })
    expect(next).toMatchObject({ count: 4, bytes: 2 * first.bytes, anchor: 3 })
    const large = entry({ data: JSON.stringify('x'.repeat(200_000)) })
    expect(stateAfter({ sequence: 5, previous: 4, before: next, entries: [large] }).anchor).toBe(5)
  })

  test('without entries leaves the log as it says', () => {
    const before = { ...emptyState('e'), top: 7_168, topId: 'x', count: 3 }
    expect(stateAfter({ sequence: 8, previous: 7, before, entries: [] })).toBe(before)
  })
})
