import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultLimits, defaultPresence, defaultStreams, defaultTimeouts } from '../src/protocol/limits.ts'
import { defaultAdmissionLimits } from '../src/transport/admission.ts'

const guide = readFileSync(new URL('../../../docs/guides/security.md', import.meta.url), 'utf8')
/** The first two cells of each row of the guide's tables: an option and its default. */
const rows = guide
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').slice(1, 3))

/** The forms in which the guide may write a number: of bytes, of milliseconds, or as it is. */
function formsOf(value: number | null): RegExp {
  if (value === null) return /\S/
  const bytes = [1 << 20, 1 << 10].map((unit, n) => [value / unit, n === 0 ? 'MiB' : 'KiB'] as const)
  const forms = [...bytes, [value / 1_000, 's'] as const, [value, ''] as const]
    .filter(([amount]) => Number.isInteger(amount) && amount > 0)
    .map(([amount, unit]) => `${amount.toLocaleString('en').replace(',', ' ')} ?${unit}`)
  return new RegExp(`(?:^|\\W)(?:${forms.join('|')})(?:\\W|$)`)
}

const groups: readonly (readonly [prefix: string, limits: object])[] = [
  ['', defaultLimits],
  ['', defaultAdmissionLimits],
  ['', defaultTimeouts],
  ['streams.', defaultStreams],
  ['presence.', defaultPresence],
]
const limits = groups.flatMap(([prefix, group]) =>
  Object.entries(group).map(([name, value]) => [`${prefix}${name}`, value as number | null] as const),
)

describe('SEC-13: the security guide names each limit with its default', () => {
  test.each(limits)('%s: %d', (name, value) => {
    const row = rows.find(([option = '']) => option.includes(`\`${name}\``))
    expect(row, `a row for \`${name}\``).toBeDefined()
    expect(row?.[1]).toMatch(formsOf(value))
  })
})
