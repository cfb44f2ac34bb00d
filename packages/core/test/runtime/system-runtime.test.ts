import { systemRuntime } from '@chat/core'
import { describe, expect, test, vi } from 'vitest'

describe('the system runtime', () => {
  test('ids have the length that was asked for and only letters, digits, _ and - (U-22)', () => {
    for (const length of [0, 1, 12, 24, 64])
      expect(systemRuntime.id(length)).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`))
  })

  test('100 000 ids are unique, and use every character evenly (U-22)', () => {
    const seen = new Set<string>()
    const counts = new Map<string, number>()
    for (let i = 0; i < 100_000; i++) {
      const id = systemRuntime.id(12)
      seen.add(id)
      const last = id.charAt(i % 12)
      counts.set(last, (counts.get(last) ?? 0) + 1)
    }
    expect(seen.size).toBe(100_000)
    expect(counts.size).toBe(64)
    for (const count of counts.values()) expect(Math.abs(count - 1_562)).toBeLessThan(300)
  })

  test('random numbers lie in [0, 1) and are spread', () => {
    let sum = 0
    for (let i = 0; i < 10_000; i++) {
      const value = systemRuntime.random()
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThan(1)
      sum += value
    }
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.03)
  })

  test('its clock never goes back', () => {
    let before = systemRuntime.now()
    for (let i = 0; i < 1_000; i++) {
      const now = systemRuntime.now()
      expect(now).toBeGreaterThanOrEqual(before)
      before = now
    }
  })

  test.each([-86_400_000, 86_400_000])(
    'its clock does not follow the wall clock by %d ms (U-23)',
    async (jump) => {
      const wall = Date.now()
      const spy = vi.spyOn(Date, 'now').mockReturnValue(wall)
      const before = systemRuntime.now()
      let fired = 0
      const cancel = systemRuntime.timer(60_000, () => fired++)
      spy.mockReturnValue(wall + jump)
      await new Promise<void>((resolve) => systemRuntime.timer(5, resolve))
      expect(systemRuntime.now() - before).toBeGreaterThan(0)
      expect(systemRuntime.now() - before).toBeLessThan(30_000)
      expect(fired).toBe(0)
      cancel()
      spy.mockRestore()
    },
  )

  test.each([2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    'a timer of %d ms does not fire at once',
    async (delay) => {
      let fired = false
      const cancel = systemRuntime.timer(delay, () => {
        fired = true
      })
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setTimeout(resolve, 3))
      cancel()
      cancel()
      expect(fired).toBe(false)
    },
  )

  test('a timer fires once, and not after it was cancelled', async () => {
    const fired: string[] = []
    const cancel = systemRuntime.timer(0, () => fired.push('cancelled'))
    cancel()
    await new Promise<void>((resolve) => systemRuntime.timer(1, () => resolve(void fired.push('due'))))
    expect(fired).toEqual(['due'])
  })

  test('defer runs behind everything of this turn', async () => {
    const order: string[] = []
    const done = new Promise<void>((resolve) =>
      systemRuntime.defer(() => resolve(void order.push('deferred'))),
    )
    await Promise.resolve()
    order.push('microtask')
    await done
    expect(order).toEqual(['microtask', 'deferred'])
  })
})
