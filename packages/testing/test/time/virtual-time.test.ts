import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualTime } from '../../src/time/virtual-time.ts'

test('timers fire in the order of their time, and at the same time in the order in which they were set', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 30 }), async (delays) => {
      const time = new VirtualTime()
      const { timer, now } = time.runtime('actor')
      const fired: unknown[] = []
      for (const [index, delay] of delays.entries()) timer(delay, () => fired.push([now(), delay, index]))
      await time.advance(20)
      const expected = delays.map((delay, index) => [delay, delay, index] as const)
      expect(fired).toEqual(expected.toSorted(([a, , i], [b, , j]) => a - b || i - j))
      expect([time.now, time.pending, time.steps]).toEqual([20, 0, delays.length])
    }),
  ))

test('a cancelled timer does not fire', async () => {
  const time = new VirtualTime()
  const fired: number[] = []
  const cancel = time.runtime('actor').timer(5, () => fired.push(time.now))
  cancel()
  cancel()
  await time.advance(10)
  expect([fired, time.pending]).toEqual([[], 0])
})

test('promises settle between two timers', async () => {
  const time = new VirtualTime()
  const { timer } = time.runtime('actor')
  const order: string[] = []
  timer(1, () => void Promise.resolve().then(() => order.push('promise')))
  timer(1, () => order.push('timer'))
  await time.advance(1)
  expect(order).toEqual(['promise', 'timer'])
})

test('settling fails when work is still under way at the limit', async () => {
  const time = new VirtualTime()
  time.runtime('actor', { work: true }).timer(500, () => {})
  await expect(time.settle(100)).rejects.toThrow('unable to settle: work is still under way after 100 ms')
  await time.settle()
  expect(time.now).toBe(500)
})

test('the randomness of an actor follows from the seed and its name', () => {
  const draw = (seed: number, name: string): number => new VirtualTime(seed).runtime(name).random()
  expect(draw(1, 'alice')).toBe(draw(1, 'alice'))
  expect(new Set([draw(1, 'alice'), draw(1, 'bob'), draw(2, 'alice')]).size).toBe(3)
})

test('the time of day starts on 1 January 2026, moves with the clock, and can be set wrong for one actor', async () => {
  const time = new VirtualTime()
  const [wrong, right] = [time.actor('wrong'), time.actor('right')]
  const start = Date.UTC(2026, 0, 1)
  await time.advance(1_500.7)
  expect([wrong.runtime.wallTime(), right.runtime.wallTime()]).toEqual([start + 1_500, start + 1_500])
  wrong.shiftWallClock(-600_000)
  expect([wrong.runtime.wallTime(), wrong.runtime.now()]).toEqual([start - 598_500, 1_500.7])
  expect(right.runtime.wallTime()).toBe(start + 1_500)
  wrong.shiftWallClock(0)
  expect(wrong.runtime.wallTime()).toBe(start + 1_500)
})
