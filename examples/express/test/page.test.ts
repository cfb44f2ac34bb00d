import type { Gap, Message, Position } from '@chat/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Absence } from '../page/absence.ts'
import { Entries, type Entry } from '../page/entries.ts'
import { hueOf, initials, toName } from '../page/names.ts'
import { gapText } from '../page/reasons.ts'
import { Typing } from '../page/typing.ts'

const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  ...{ key, kind: 'line', from: 'bob', to: null, text: key, time: 0, state: 'received' },
  ...more,
})
const mine = (key: string): Entry => entry(key, { from: 'me', state: 'waiting' })
const shown = ({ all }: Entries): string[] => all.map(({ key, state }) => `${key} ${state}`)

describe('the entries of a page', () => {
  test('keep waiting messages behind received messages until they have a place in the log', () => {
    const entries = new Entries()
    entries.wait(mine('hi'))
    entries.arrive(entry('first'))
    expect(shown(entries)).toEqual(['first received', 'hi waiting'])
    entries.arrive({ ...mine('hi'), state: 'sent' })
    entries.arrive(entry('last'))
    expect(shown(entries)).toEqual(['first received', 'hi sent', 'last received'])
  })

  test('accept the answer and the own copy in either order', () => {
    const entries = new Entries()
    entries.wait(mine('a'))
    entries.sent('a')
    expect(shown(entries)).toEqual(['a sent'])
    entries.arrive({ ...mine('a'), state: 'sent' })
    entries.wait(mine('b'))
    entries.arrive({ ...mine('b'), state: 'sent' })
    entries.sent('b')
    expect(shown(entries)).toEqual(['a sent', 'b sent'])
  })

  test('show a message that was sent twice only once', () => {
    const entries = new Entries()
    entries.arrive(entry('a'))
    entries.arrive(entry('a'))
    expect(shown(entries)).toEqual(['a received'])
  })

  test('mark an uncertain message as sent when it arrives later', () => {
    const entries = new Entries()
    entries.wait(mine('a'))
    entries.fail('a', 'uncertain', 'no answer came')
    entries.arrive(entry('b'))
    expect(shown(entries)).toEqual(['a uncertain', 'b received'])
    entries.arrive({ ...mine('a'), state: 'sent' })
    expect(shown(entries)).toEqual(['b received', 'a sent'])
  })

  test('do not mark a received message as failed', () => {
    const entries = new Entries()
    entries.wait(mine('a'))
    entries.arrive({ ...mine('a'), state: 'sent' })
    entries.fail('a', 'uncertain', 'no answer came')
    expect(shown(entries)).toEqual(['a sent'])
  })

  test('take older messages at the beginning, without duplicates', () => {
    const entries = new Entries()
    entries.arrive(entry('c'))
    entries.insert([entry('a'), entry('b'), entry('c')])
    expect(entries.all.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })

  test('take messages that were read later behind their gap', () => {
    const entries = new Entries()
    entries.arrive(entry('a'))
    const gap = entries.note('gap', 'gone')
    entries.arrive(entry('d'))
    entries.wait(mine('c'))
    entries.insert([entry('a'), entry('b'), { ...mine('c'), state: 'sent' }, entry('d')], gap)
    expect(entries.all.map(({ key }) => key)).toEqual(['a', gap, 'b', 'c', 'd'])
  })
})

describe('an absence', () => {
  const at = (n: number, epoch = 'e'): Position => [epoch, n, null]
  const message = (n: number, from = 'bob'): Message =>
    ({ position: at(n), from }) as Partial<Message> as Message

  test('is reported when the newest message of the log has arrived, with counts', () => {
    const absence = new Absence('me', at(5), 1_000)
    for (const n of [6, 7]) absence.heard(message(n))
    expect(absence.report(at(7))).toBeNull()
    absence.back(at(8), 13_400)
    expect(absence.report(at(7))).toBeNull()
    absence.heard(message(8))
    absence.heard(message(9))
    expect(absence.report(at(9))).toBe('Back after 12 s: missed 3, got 3')
  })

  test('counts own messages that have waited on neither side, and lost messages as missed', () => {
    const absence = new Absence('me', at(5), 0)
    absence.back(at(10), 2_000)
    absence.heard(message(9))
    absence.heard(message(10, 'me'))
    expect(absence.report(at(10))).toBe('Back after 2 s: missed 4, got 1')
  })

  test('in which nobody wrote missed nothing', () => {
    const absence = new Absence('me', at(5), 0)
    absence.back(at(5), 2_000)
    expect(absence.report(at(5))).toBe('Back after 2 s: nothing missed')
  })

  test('claims no number when the log is another', () => {
    const absence = new Absence('me', at(5), 0)
    absence.back(at(2, 'other'), 2_000)
    expect(absence.report(at(5))).toBeNull()
    expect(absence.report(at(2, 'other'))).toBe('Back after 2 s, at a new log')
  })
})

test('a gap counts what is missing, and claims nothing about a log that ended with its server', () => {
  const gap = (from: Position | null, to: Position): Gap => ({ address: '#a', reason: 'trimmed', from, to })
  expect(gapText(gap(['e', 2, null], ['e', 7, null]))).toMatch(/^5 messages are missing here: /)
  expect(gapText(gap(['e', 2, null], ['e', 3, null]))).toMatch(/^1 message is missing here: /)
  for (const from of [null, ['e', 2, null] as const])
    expect(gapText(gap(from, ['f', 7, null]))).not.toMatch(/missing/)
})

describe('typing', () => {
  const casts: boolean[] = []
  let typing: Typing
  beforeEach(() => {
    vi.useFakeTimers()
    casts.length = 0
    typing = new Typing(
      (on) => casts.push(on),
      () => {},
    )
  })
  afterEach(() => void vi.useRealTimers())

  test('is told at most every 2.5 s', () => {
    for (let i = 0; i < 6; i++) {
      typing.pressed()
      vi.advanceTimersByTime(1_000)
    }
    expect(casts).toEqual([true, true])
  })

  test('is taken back when the text was sent, however long ago it was told', () => {
    typing.pressed()
    vi.advanceTimersByTime(60_000)
    typing.stopped()
    typing.stopped()
    expect(casts).toEqual([true, false])
  })

  test('of another person ends with the word, or after 5 s', () => {
    typing.heard('bob', true)
    typing.heard('eve', true)
    expect(typing.names).toEqual(['bob', 'eve'])
    typing.heard('bob', false)
    expect(typing.names).toEqual(['eve'])
    vi.advanceTimersByTime(5_000)
    expect(typing.names).toEqual([])
  })
})

test('names are what people are called, and have initials and a colour', () => {
  for (const name of ['ada', 'Jörg Müller', '李小龍', 'Zoë 🎈', 'x'.repeat(40)])
    expect(toName(name)).toBe(name)
  expect(toName('  Ada   Lovelace ')).toBe('Ada Lovelace')
  expect(toName('Zoe\u0308')).toBe('Zoë')
  for (const name of ['', ' ', 'x'.repeat(41), 'a\u0000b']) expect(toName(name)).toBeNull()
  expect(['ada', 'Ada Lovelace', '🎈', 'x', 'Jean-Luc'].map(initials)).toEqual(['AD', 'AL', '🎈', 'X', 'JL'])
  expect(hueOf('ada')).toBe(hueOf('ada'))
  expect(new Set(Array.from({ length: 200 }, (_, i) => hueOf(`user-${i}`))).size).toBeGreaterThan(100)
})
