import type { PresenceMember } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { Conversation } from '../page/conversation.ts'
import { continues, type Entry } from '../page/entry.ts'
import { readLine } from '../page/line.ts'
import { colourOf, initials, isUserName } from '../page/names.ts'
import { peopleIn, sentence } from '../page/people.ts'
import { readTarget } from '../page/target.ts'
import { dayOf } from '../page/times.ts'

const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  ...{ key, kind: 'line', from: 'bob', text: key, time: 0, state: 'received' },
  ...more,
})
const mine = (key: string): Entry => entry(key, { from: 'me', state: 'waiting' })
const shown = (conversation: Conversation): string[] =>
  conversation.entries.map(({ key, state }) => `${key} ${state}`)

describe('a conversation', () => {
  test('shows messages that were read later at their gap', () => {
    const room = new Conversation('#lobby')
    room.arrive(entry('a'))
    const gap = room.miss('gone')
    room.arrive(entry('d'))
    room.wait(mine('e'))
    room.fill(gap, [entry('a'), entry('b'), entry('c'), entry('d')])
    expect(room.entries.map(({ key }) => key)).toEqual(['a', gap, 'b', 'c', 'd', 'e'])
  })

  test('keeps waiting messages behind received messages until they have a place in the log', () => {
    const room = new Conversation('#lobby')
    room.wait(mine('hi'))
    room.arrive(entry('first'))
    expect(shown(room)).toEqual(['first received', 'hi waiting'])
    room.arrive({ ...mine('hi'), state: 'sent' })
    room.arrive(entry('last'))
    expect(shown(room)).toEqual(['first received', 'hi sent', 'last received'])
  })

  test('accepts the answer and the own copy in either order', () => {
    const room = new Conversation('#lobby')
    room.wait(mine('a'))
    room.sent('a', 'later')
    expect(shown(room)).toEqual(['a sent'])
    expect(room.arrive({ ...mine('a'), state: 'sent' })).toBe(true)
    room.wait(mine('b'))
    room.arrive({ ...mine('b'), state: 'sent' })
    room.sent('b', 'later')
    expect(shown(room)).toEqual(['a sent', 'b sent'])
  })

  test('shows a message that was sent twice only once', () => {
    const room = new Conversation('#lobby')
    room.arrive(entry('a'))
    expect(room.arrive(entry('a'))).toBe(false)
    expect(shown(room)).toEqual(['a received'])
  })

  test('marks an uncertain message as sent when it arrives later', () => {
    const room = new Conversation('#lobby')
    room.wait(mine('a'))
    room.fail('a', 'uncertain', 'no answer came')
    room.arrive(entry('b'))
    expect(shown(room)).toEqual(['a uncertain', 'b received'])
    room.arrive({ ...mine('a'), state: 'sent' })
    expect(room.entries.at(-1)).toEqual({ ...mine('a'), state: 'sent' })
  })

  test('does not mark a received message as failed', () => {
    const room = new Conversation('#lobby')
    room.wait(mine('a'))
    room.arrive({ ...mine('a'), state: 'sent' })
    room.fail('a', 'uncertain', 'no answer came')
    expect(shown(room)).toEqual(['a sent'])
  })

  test('inserts history at the beginning, without duplicates', () => {
    const room = new Conversation('#lobby')
    room.arrive(entry('c'))
    room.precede([entry('a'), entry('b'), entry('c')])
    expect(room.entries.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })

  test('shows two gaps in a row as a single gap', () => {
    const room = new Conversation('#lobby')
    room.miss('gone')
    room.miss('gone')
    room.arrive(entry('a'))
    room.miss('gone')
    expect(room.entries.map(({ kind }) => kind)).toEqual(['gap', 'line', 'gap'])
  })
})

describe('presence', () => {
  const present = (...users: string[]) => {
    const members = users.map((user, i) => [`s${i}`, { session: `s${i}`, user, state: null }] as const)
    const devices = (user: string) => members.map(([, member]) => member).filter((one) => one.user === user)
    return {
      members: new Map(members),
      users: new Map(users.map((user) => [user, devices(user)])),
      count: users.length,
    }
  }

  test('is described in a sentence, the own user first', () => {
    expect(sentence(undefined, 'me')).toBe('Everyone in this room')
    expect(sentence(present(), 'me')).toBe('Everyone in this room')
    expect(sentence(present('me'), 'me')).toBe('Only you are here')
    expect(sentence(present('ada'), 'me')).toBe('ada is here')
    expect(sentence(present('bob', 'me', 'ada', 'bob'), 'me')).toBe('You, ada, and bob are here')
    expect(sentence(present('a', 'b', 'c', 'd', 'me'), 'me')).toBe('5 people are here')
  })

  test('is a number in a large room, which the server only counts', () => {
    const crowd = { ...present('me', 'bob'), count: 300 }
    expect(peopleIn(crowd, 'me')).toEqual([])
    expect(sentence(crowd, 'me')).toBe('300 tabs are here')
  })

  test('is away when all tabs are hidden', () => {
    const { users, ...rest } = present('bob', 'bob')
    const [first, second] = users.get('bob') ?? []
    const states = (...of: unknown[]) =>
      new Map([['bob', [first, second].map((tab, i) => ({ ...tab, state: of[i] })) as PresenceMember[]]])
    expect(peopleIn({ ...rest, users: states('away', 'away') }, 'me')).toEqual([
      { name: 'bob', mine: false, tabs: 2, away: true },
    ])
    expect(peopleIn({ ...rest, users: states('away', null) }, 'me')).toMatchObject([{ away: false }])
  })
})

test('messages of a person within five minutes are a group', () => {
  expect(continues(entry('b', { time: 60_000 }), entry('a'))).toBe(true)
  expect(continues(entry('b', { time: 600_000 }), entry('a'))).toBe(false)
  expect(continues(entry('b', { from: 'eve' }), entry('a'))).toBe(false)
  expect(continues(entry('b'), entry('a', { kind: 'announcement' }))).toBe(false)
})

test('a text that begins with @name goes only to that person', () => {
  expect(readTarget('hello', 'here', '#lobby')).toEqual({ choice: 'here', address: '#lobby', text: 'hello' })
  expect(readTarget('@bob psst\nyou', 'here', '#lobby')).toEqual({
    choice: 'person',
    address: '@bob',
    text: 'psst\nyou',
  })
  expect(readTarget('@', 'person', '#lobby')).toEqual({ choice: 'person', address: null, text: '' })
  expect(readTarget('@not,a.name hi', 'here', '#lobby').address).toBeNull()
  expect(readTarget('@bob hi', 'everyone', '#lobby')).toEqual({
    choice: 'everyone',
    address: '*',
    text: '@bob hi',
  })
})

test('only valid lines are shown', () => {
  for (const data of [null, 1, 'text', [], {}, { text: 1 }, { text: ' ' }]) expect(readLine(data)).toBeNull()
  const { sentAt, ...rest } = readLine({ text: 'hi', key: 1, sentAt: 1e300 }) ?? { sentAt: 0 }
  expect(rest).toEqual({ text: 'hi', key: '' })
  expect(Math.abs(sentAt - Date.now())).toBeLessThan(10_000)
})

test('names follow the rules of the server, and have initials and a colour', () => {
  expect(['ada', 'Ada-2', 'x'.repeat(32)].every(isUserName)).toBe(true)
  expect(['', 'a b', 'x'.repeat(33), '@ada', 'ada\n'].some(isUserName)).toBe(false)
  expect(['ada', 'ada-lovelace', '-', 'x'].map(initials)).toEqual(['AD', 'AL', '', 'X'])
  expect(colourOf('ada')).toBe(colourOf('ada'))
  expect(new Set(Array.from({ length: 200 }, (_, i) => colourOf(`user-${i}`))).size).toBe(12)
})

test('days have names such as today', () => {
  const now = new Date(2026, 4, 20, 12).getTime()
  expect(dayOf(new Date(2026, 4, 20, 1).getTime(), now)).toBe('Today')
  expect(dayOf(new Date(2026, 4, 19, 23).getTime(), now)).toBe('Yesterday')
  expect(dayOf(new Date(2026, 4, 11).getTime(), now)).toContain('11')
})
