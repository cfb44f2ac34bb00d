import type { Reporter, TestModule } from 'vitest/node'
import type { AttackRow } from './attack.ts'

/** Prints the figures of all attacks as a table at the end of a run. */
export class FiguresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const rows = tests.flatMap((test) => {
      const { attack } = test.meta()
      return attack === undefined ? [] : [cellsOf(attack, test.result().state === 'passed')]
    })
    if (rows.length > 0) console.log(`\n${table([titles, ...rows])}`)
  }
}

const titles = [
  '',
  'attack',
  'heap MB before/peak/after',
  'loop p99/max ms',
  'innocent p50/p99/max ms',
  'left sockets/timers/sessions',
  'figures',
]

function cellsOf({ attack, heap, loop, delay, left, findings }: AttackRow, passed: boolean): string[] {
  return [
    passed ? 'ok' : 'FAILED',
    attack,
    slashed(heap),
    slashed([loop.p99, loop.max]),
    delay === null ? '–' : slashed([delay.p50, delay.p99, delay.max]),
    slashed([left.sockets, left.timers, left.sessions]),
    Object.entries(findings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  ]
}

const slashed = (numbers: readonly number[]): string =>
  numbers.map((number) => (number < 10 ? Number(number.toFixed(1)) : Math.round(number))).join('/')

function table(rows: readonly (readonly string[])[]): string {
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
