// Records of conformance suites: the results of a suite in a runtime, stored in docs/conformance/.
// docs/capabilities.md is generated from them. Each run is compared with the records. A different result
// fails, unless RECORD is set: then it replaces the record.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../repository.mjs'

const folder = join(root, 'docs', 'conformance')

/**
 * Returns all records: `{ kind, suite, runtime, passed, skipped }`, where `skipped` has the names of cases by
 * reason; and `{ kind: 'faults', suite, rows }` for each broker.
 */
export function records() {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** Returns the record of cases. Each case has a name and, if it was skipped, the reason as `skipped`. */
export function recordOf({ kind, suite, runtime }, cases) {
  const skipped = {}
  for (const { name, skipped: reason } of cases.filter((one) => one.skipped !== undefined))
    skipped[reason] = [...(skipped[reason] ?? []), name].sort()
  const reasons = Object.entries(skipped).sort(([a], [b]) => (a < b ? -1 : 1))
  const passed = cases.filter((one) => one.skipped === undefined).length
  return { kind, suite, runtime, passed, skipped: Object.fromEntries(reasons) }
}

/**
 * Compares a record with the stored record, or stores it. Returns the difference, or `null`. Additional
 * passed cases are no difference.
 */
export function keep(record) {
  const file = join(folder, `${slug(`${record.kind} ${record.suite} in ${record.runtime}`)}.json`)
  if (process.env.RECORD) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`)
    return null
  }
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, skipped: null }
  if (record.passed >= known.passed && JSON.stringify(record.skipped) === JSON.stringify(known.skipped))
    return null
  return `${record.suite} in ${record.runtime} differs from its record in docs/conformance: run npm run capabilities -- --record, and review the difference`
}

/**
 * Compares the promises of a broker's faults with the stored record, or stores promises and figures. Returns
 * the differences. Figures are never compared: they differ from run to run.
 */
export function keepFaults(broker, rows) {
  const file = join(folder, `${slug(`faults of ${broker}`)}.json`)
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : []
  if (process.env.RECORD) {
    const others = known.filter(({ fault }) => rows.every((row) => row.fault !== fault))
    const all = [...others, ...rows].sort((a, b) => (a.fault < b.fault ? -1 : 1))
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${JSON.stringify({ kind: 'faults', suite: broker, rows: all }, null, 2)}\n`)
    return []
  }
  return rows
    .filter(({ fault, promise }) => {
      const stored = known.find((row) => row.fault === fault)
      return JSON.stringify(stored?.promise) !== JSON.stringify(promise)
    })
    .map(
      ({ fault }) =>
        `${broker}: '${fault}' differs from its record in docs/conformance: run npm run test:brokers -- --all --record, and review the difference`,
    )
}

const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
