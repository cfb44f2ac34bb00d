import type { Position } from '@chat/core'
import { expect, test } from 'vitest'
import type { LogCopy, ReaderJournal, SeenGap, SeenMessage, SentRecord } from './journal.ts'
import { type Evidence, judge } from './judge.ts'

const place = (at: number, epoch = 'e'): Position => [epoch, at, at === 0 ? null : `${epoch}${at}`]

const seen = (at: number, n = at, epoch = 'e'): SeenMessage => ({
  kind: 'message',
  sender: 'a',
  n,
  position: place(at, epoch),
})

const gap = (at: number, epoch = 'e'): SeenGap => ({ kind: 'gap', reason: 'epoch', to: place(at, epoch) })

const reader = (...messages: (SeenMessage | SeenGap)[]): ReaderJournal => ({
  name: 'bob',
  start: place(0),
  seen: messages,
})

/** A log of one sender with these numbers, at the offsets 1, 2, 3. */
const log = (numbers: readonly number[], epoch = 'e'): LogCopy => ({
  epoch,
  base: 0,
  top: numbers.length,
  topId: place(numbers.length, epoch)[2],
  entries: numbers.map((n, index) => ({ at: index + 1, id: `${epoch}${index + 1}`, sender: 'a', n })),
})

const sent = (n: number, more: Partial<SentRecord> = {}): SentRecord => ({
  sender: 'a',
  n,
  sentAt: n * 10,
  settledAt: n * 10 + 5,
  position: place(n),
  code: null,
  ...more,
})

const verdict = (evidence: Partial<Evidence>) =>
  judge({ sent: [], readers: [], log: log([1, 2, 3]), ...evidence })

test('the judge finds nothing in a run without faults', () => {
  const { sends, ...found } = verdict({
    sent: [1, 2, 3].map((n) => sent(n)),
    readers: [reader(seen(1), seen(2), seen(3))],
  })
  expect(sends).toBe(3)
  expect(found).toEqual({
    twice: [],
    disordered: [],
    holes: [],
    unreported: [],
    unsettled: [],
    lost: 0,
    failed: {},
    told: {},
    longestPause: 10,
    resumedAfter: null,
  })
})

test('the judge finds a message that is twice in the log, or that a reader got twice', () => {
  expect(verdict({ log: log([1, 2, 2]) }).twice).toEqual(['the log: a 2'])
  expect(verdict({ readers: [reader(seen(1), seen(2), seen(2), seen(3))] }).twice).toEqual(['bob: a 2'])
})

test('the judge finds a message that comes again after a gap', () => {
  const again = reader(seen(1), gap(0, 'f'), seen(1, 1, 'f'))
  expect(verdict({ log: log([1], 'f'), readers: [again] }).twice).toEqual(['bob: a 1'])
})

test('the judge finds messages of a sender in the wrong order', () => {
  expect(verdict({ log: log([1, 3, 2]) }).disordered).toEqual(['the log: a 2 after 3'])
  const wrong = reader(seen(1), seen(3), seen(2))
  expect(verdict({ readers: [wrong] }).disordered).toEqual(['bob: a 2 after 3'])
})

test('the judge finds messages that a reader missed: in the middle, at the end, after a gap', () => {
  expect(verdict({ readers: [reader(seen(1), seen(3))] }).holes).toEqual(['bob: misses a 2'])
  expect(verdict({ readers: [reader(seen(1), seen(2))] }).holes).toEqual(['bob: misses a 3'])
  expect(verdict({ readers: [reader(seen(1), gap(1), seen(3))] }).holes).toEqual(['bob: misses a 2'])
})

test('a gap covers the messages before its position, and the change of the epoch', () => {
  expect(verdict({ readers: [reader(seen(1), gap(2), seen(3))] }).holes).toEqual([])
  const moved = reader(seen(1), gap(0, 'f'), seen(1, 2, 'f'))
  expect(verdict({ log: log([2], 'f'), readers: [moved] }).holes).toEqual([])
})

test('the judge finds a new epoch that a reader was not told', () => {
  const found = verdict({ log: log([2], 'f'), readers: [reader(seen(1), seen(1, 2, 'f'))] })
  expect(found.holes).toEqual(['bob: from epoch e to f without a gap'])
})

test('the judge finds a lost message that a reader keeps without being told', () => {
  const other: SeenMessage = { ...seen(3), position: ['e', 3, 'x'] }
  expect(verdict({ readers: [reader(seen(1), seen(2), other)] }).unreported).toEqual(['bob: a 3'])
})

test('the judge counts acknowledged messages that are lost, and finds sends that never settle', () => {
  const open = sent(4, { settledAt: null, position: null })
  const lost = sent(5, { position: ['e', 3, 'x'] })
  const found = verdict({ sent: [sent(1), open, lost] })
  expect(found).toMatchObject({ lost: 1, unsettled: ['a 4'] })
  expect(verdict({ sent: [open], killed: new Set(['a']) }).unsettled).toEqual([])
})

test('a message that the log has trimmed is not lost', () => {
  const trimmed: LogCopy = { ...log([1, 2, 3]), base: 1, entries: log([1, 2, 3]).entries.slice(1) }
  const found = verdict({ log: trimmed, sent: [sent(1)], readers: [reader(seen(1), seen(2), seen(3))] })
  expect(found).toMatchObject({ lost: 0, unreported: [], holes: [] })
})

test('the judge measures the longest pause of a sender, and the time until all senders go on', () => {
  const others = [1, 2, 3].map((n) => sent(n, { sender: 'b', settledAt: 900 }))
  const found = verdict({ sent: [sent(1), sent(2), sent(3, { settledAt: 500 }), ...others], backAt: 400 })
  expect(found).toMatchObject({ longestPause: 890, resumedAfter: 500 })
})
