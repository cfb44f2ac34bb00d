// A reporter for vitest that compares the results of conformance suites with docs/conformance, or stores them
// with RECORD. Suites that were filtered or failed do not count.
import { keep, recordOf } from './conformance-records.mjs'

const title = /^(transport|backplane|protocol) conformance: (.+)$/
const skipped = / \[skipped: (.+)\]$/

export default class ConformanceReporter {
  onTestRunEnd(modules) {
    // The stored results come from Node.
    if (process.versions.bun !== undefined || globalThis.Deno !== undefined) return
    const differences = modules.flatMap((module) =>
      [...module.children.suites()].map((suite) => differenceOf(module, suite)),
    )
    for (const difference of differences.filter((one) => one !== null)) {
      console.error(difference)
      process.exitCode = 1
    }
  }
}

function differenceOf({ project }, suite) {
  const [, kind, name] = title.exec(suite.name) ?? []
  if (kind === undefined) return null
  const cases = [...suite.children.allTests()].map((test) => ({
    name: test.name.replace(skipped, ''),
    skipped: skipped.exec(test.name)?.[1],
    passed: test.result().state === 'passed',
  }))
  if (cases.some((one) => !one.passed && one.skipped === undefined)) return null
  const browser = project.config.browser?.enabled ? project.config.browser.name : undefined
  const runtime = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit' }[browser] ?? 'Node'
  return keep(recordOf({ kind, suite: name, runtime }, cases))
}
