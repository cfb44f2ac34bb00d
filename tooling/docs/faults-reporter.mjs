// A reporter for vitest that prints the table of the faults that have passed, and compares their promises with
// docs/conformance, or stores promises and figures with RECORD.
import { faultRow, faultTitles } from './capabilities-page.mjs'
import { keepFaults } from './conformance-records.mjs'

export default class FaultsReporter {
  onTestRunEnd(modules) {
    const brokers = new Map()
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      const { fault: record } = test.meta()
      if (record === undefined) continue
      const { broker, ...row } = record
      const known = brokers.get(broker) ?? []
      brokers.set(broker, [...known, { ...row, passed: test.result().state === 'passed' }])
    }
    if (brokers.size > 0) print(brokers)
    for (const [broker, rows] of brokers) keepRows(broker, rows)
  }
}

function print(brokers) {
  console.log(`\n${['', ...faultTitles].join(' | ')}`)
  for (const [broker, rows] of brokers)
    for (const row of rows)
      console.log([row.passed ? 'ok    ' : 'FAILED', ...faultRow(broker, row)].join(' | '))
}

function keepRows(broker, rows) {
  const passed = rows.filter((row) => row.passed).map(({ passed: _, ...row }) => row)
  for (const difference of keepFaults(broker, passed)) {
    console.error(difference)
    process.exitCode = 1
  }
}
