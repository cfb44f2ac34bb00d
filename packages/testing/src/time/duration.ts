import { describe } from '@chat/core/transport'

/** A span of time: milliseconds, or a text such as `'45s'`, `'200ms'`, `'5m'`, `'2h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * Returns a duration in milliseconds.
 *
 * @throws RangeError when the text or number is not a duration.
 */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number' && duration >= 0) return duration
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(duration)) ?? []
  const factor = units[unit ?? '']
  if (amount === undefined || factor === undefined)
    throw new RangeError(
      `unable to read the duration ${describe(duration)}: write 1500, '1.5s', '2m' or '1h'`,
    )
  return Number(amount) * factor
}

/**
 * Returns a duration as it was given, for the trace: a fault is noted before it begins, and a fault without a
 * duration that can be read must not begin.
 *
 * @throws RangeError when the text or number is not a duration.
 */
export function readable(duration: Duration): Duration {
  milliseconds(duration)
  return duration
}
