import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Trace } from '../../src/report/trace.ts'

/** A trace of lines, one a millisecond. */
function traced(lines: readonly string[]): Trace {
  const trace = new Trace()
  for (const [now, line] of lines.entries()) trace.addLine(now, line)
  return trace
}

test('a line has its time with three decimals', () => {
  const trace = new Trace()
  trace.addLine(1_250.5, 'alice is connected')
  expect(trace.lines).toEqual(['   1250.500  alice is connected'])
})

test('traces have the same hash exactly when their lines are the same', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 6 })
  fc.assert(
    fc.property(lines, lines, (own, other) => {
      const same = JSON.stringify(own) === JSON.stringify(other)
      expect(traced(own).hash === traced(other).hash).toBe(same)
    }),
  )
})

test('the first difference has the line of each trace, and null for a trace that has ended', () => {
  const shorter = traced(['a', 'b'])
  const longer = traced(['a', 'b', 'c'])
  const changed = traced(['a', 'x', 'c'])
  const lines = (trace: Trace): readonly string[] => trace.lines
  expect(shorter.firstDifference(longer)).toEqual({ own: null, other: lines(longer)[2] })
  expect(longer.firstDifference(changed)).toEqual({ own: lines(longer)[1], other: lines(changed)[1] })
  expect(longer.firstDifference(traced(['a', 'b', 'c']))).toEqual({ own: null, other: null })
})

test('the latest lines are kept, and all lines are counted', () => {
  const trace = traced(Array.from({ length: 100_001 }, (_, i) => `line ${i}`))
  expect(trace.count).toBe(100_001)
  expect(trace.lines).toHaveLength(50_001)
  expect(trace.lines.at(-1)).toContain('line 100000')
})
