import { ChatError, UncertainError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { AskPoll } from '../../../src/hub/target/ask-poll.ts'

const yes = { answer: 'yes' }
const lost = { error: new UncertainError('the connection has ended') }
const refused = { error: new ChatError('forbidden', 'no') }

/** A poll of two nodes, of which the second has said that it has no session. */
function poll(goal: 'names' | 'first' | 'all' = 'all'): AskPoll {
  const started = new AskPoll(['a', 'b'], goal)
  started.count('b', 0)
  return started
}

/** Notes that a node asks one session. */
function asks(node: string, session: string, to: AskPoll): void {
  to.name(node, session, 'alice')
  to.count(node, 1)
}

describe('the end of a poll', () => {
  test('P-ND-2: is when every node has said which sessions it asks, and each has an outcome', () => {
    const asked = new AskPoll(['a', 'b'], 'all')
    asks('a', 's', asked)
    asked.settle('a', 's', yes)
    expect([asked.complete, asked.unreachable]).toEqual([false, ['b']])
    asked.count('b', 0)
    expect([asked.complete, asked.unreachable]).toEqual([true, []])
  })

  test('P-ND-2: waits for the sessions that a node has announced, and not named yet', () => {
    const asked = poll()
    asked.name('a', 's', 'alice')
    asked.count('a', 2)
    asked.settle('a', 's', yes)
    expect([asked.complete, asked.unreachable]).toEqual([false, ['a']])
    asked.name('a', 't', 'alice')
    asked.count('a', 2)
    asked.settle('a', 't', refused)
    expect(asked.complete).toBe(true)
  })

  test('is the first answer of any session, if only that is asked for', () => {
    const asked = new AskPoll(['a', 'b'], 'first')
    asks('a', 's', asked)
    asked.settle('a', 's', refused)
    expect(asked.complete).toBe(false)
    asks('b', 't', asked)
    asked.settle('b', 't', yes)
    expect(asked.complete).toBe(true)
  })

  test('is when all sessions are named, if only their names are asked for', () => {
    const asked = poll('names')
    asks('a', 's', asked)
    expect([asked.complete, asked.connected]).toEqual([true, [{ session: 's', user: 'alice', node: 'a' }]])
  })
})

describe('P-ND-3: a session that moves to another node', () => {
  test('is named once, with its first answer', () => {
    const asked = new AskPoll(['a', 'b'], 'all')
    asks('a', 's', asked)
    asks('b', 's', asked)
    asked.settle('a', 's', lost)
    expect(asked.complete).toBe(false)
    asked.settle('b', 's', yes)
    expect(asked.complete).toBe(true)
    expect(asked.results).toMatchObject({
      replies: [{ session: 's', answer: 'yes' }],
      refused: [],
      timedOut: [],
    })
  })

  test('is waited for again when the other node names it after the end of its first connection', () => {
    const asked = new AskPoll(['a', 'b'], 'all')
    asks('a', 's', asked)
    asked.settle('a', 's', lost)
    asks('b', 's', asked)
    expect(asked.complete).toBe(false)
    asked.settle('b', 's', refused)
    expect(asked.complete).toBe(true)
    expect(asked.results.refused).toMatchObject([{ session: 's', error: { code: 'forbidden' } }])
  })

  test('keeps its answer when its older connection ends, and is not waited for any more', () => {
    const asked = new AskPoll(['a', 'b'], 'all')
    asks('a', 's', asked)
    asks('b', 's', asked)
    asked.settle('b', 's', yes)
    expect(asked.complete).toBe(true)
    asked.settle('a', 's', lost)
    expect(asked.results).toMatchObject({ replies: [{ session: 's' }], refused: [] })
  })

  test('is uncertain when both connections have ended', () => {
    const asked = new AskPoll(['a', 'b'], 'all')
    asks('a', 's', asked)
    asks('b', 's', asked)
    asked.settle('a', 's', lost)
    asked.settle('b', 's', lost)
    expect(asked.complete).toBe(true)
    expect(asked.results.refused).toMatchObject([{ session: 's', error: { code: 'uncertain' } }])
  })
})

test('an outcome that is told twice, or of a session that was not named, changes nothing', () => {
  const asked = poll()
  asks('a', 's', asked)
  asked.settle('a', 't', yes)
  asked.settle('b', 's', yes)
  expect(asked.complete).toBe(false)
  asked.settle('a', 's', refused)
  asked.settle('a', 's', yes)
  asks('a', 's', asked)
  expect(asked.complete).toBe(true)
  expect(asked.results).toMatchObject({ replies: [], refused: [{ session: 's' }] })
})

test('a node that names more sessions than memory holds is unreachable', () => {
  const asked = poll()
  for (let i = 0; i < 100_001; i++) asked.name('a', `s${i}`, 'alice')
  asked.count('a', 100_001)
  expect([asked.connected.length, asked.unreachable]).toEqual([100_000, ['a']])
})
