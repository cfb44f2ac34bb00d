import { expect, test } from 'vitest'
import { type Duration, milliseconds } from '../../src/time/duration.ts'

test.each([
  [0, 0],
  [1_500, 1_500],
  ['200ms', 200],
  ['1.5s', 1_500],
  ['5m', 300_000],
  ['2h', 7_200_000],
] as const)('the duration %j has %d milliseconds', (duration, expected) => {
  expect(milliseconds(duration)).toBe(expected)
})

test.each(['', '5', '5d', 's', '-1s', '1 s', -1, Number.NaN, null, undefined])(
  '%j is no duration, and the error shows how to write one',
  (duration) => {
    expect(() => milliseconds(duration as Duration)).toThrow("write 1500, '1.5s', '2m' or '1h'")
  },
)
