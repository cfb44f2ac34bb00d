import { Frame } from '@chat/core/transport'
import { describe, expect, test } from 'vitest'
import { type RecentMessage, RecentMessages } from '../../../src/hub/delivery/recent-messages.ts'

const message = (at: number, bytes = 10): RecentMessage => ({
  at,
  prev: at - 1,
  id: `m${at}`,
  bytes,
  frame: new Frame('x'.repeat(bytes)),
})

function recent(...messages: readonly RecentMessage[]): RecentMessages {
  const made = new RecentMessages()
  for (const one of messages) made.push(one)
  return made
}

const offsets = (from: RecentMessages): number[] => from.after(0).map(({ at }) => at)
const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('the recent messages of a log', () => {
  test('are 128 at most', () => {
    expect(offsets(recent(...run(1, 300).map((at) => message(at))))).toEqual(run(173, 300))
  })

  test('are 128 KiB at most', () => {
    expect(offsets(recent(...run(1, 50).map((at) => message(at, 10_000))))).toEqual(run(38, 50))
    expect(offsets(recent(message(1), message(2, 200_000)))).toEqual([])
  })

  test('take older messages in front, and none twice', () => {
    const made = recent(message(5), message(6))
    made.extend([3, 4, 5, 6].map((at) => message(at)))
    expect(offsets(made)).toEqual([3, 4, 5, 6])
  })

  test('take no more than the bounds allow: the oldest stay out', () => {
    const made = recent(...run(101, 200).map((at) => message(at)))
    made.extend(run(1, 100).map((at) => message(at)))
    expect(offsets(made)).toEqual(run(73, 200))
  })

  test('continue the position before the first message, and a position with the same message', () => {
    const made = recent(message(5), message(6))
    expect([3, 4, 5].map((at) => made.continues(['e', at, `m${at}`]))).toEqual([false, true, true])
    expect(made.continues(['e', 5, 'another'])).toBe(false)
    expect(new RecentMessages().continues(['e', 5, 'm5'])).toBe(false)
  })
})
