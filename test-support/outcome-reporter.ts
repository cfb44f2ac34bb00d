import type { Reporter, TestCase, TestModule } from 'vitest/node'

const reasonOf = / \[(.+)\]$/

/**
 * Ends a run with a few lines: the number of skipped tests by reason, the tests that passed only when they
 * were repeated, and the failed tests. The default reporter shows these among thousands of lines.
 */
export class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const reasons = new Map<string, number>()
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    for (const test of tests.filter((test) => test.result().state === 'skipped')) {
      const reason = reasonOf.exec(test.name)?.[1] ?? test.fullName
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
    print(
      'skipped',
      [...reasons].map(([reason, count]) => `${count} × ${reason}`),
    )
    print('passed when repeated', tests.filter((test) => test.diagnostic()?.flaky).map(titleOf))
    print('failed', [
      ...modules.filter((module) => module.errors().length > 0).map(nameOf),
      ...tests.filter((test) => test.result().state === 'failed').map(titleOf),
    ])
  }
}

const nameOf = (module: TestModule): string => `${module.relativeModuleId} (${module.project.name})`
const titleOf = (test: TestCase): string => `${nameOf(test.module)}: ${test.fullName}`

function print(heading: string, lines: string[]): void {
  if (lines.length > 0) console.log(`\n${heading}:\n${lines.map((line) => `  ${line}`).join('\n')}`)
}
