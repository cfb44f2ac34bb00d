// What a conformance suite has shown in a runtime, kept in docs/conformance/ and compared with what the next run shows: docs/capabilities.md is made from it.
// A run that shows something else fails, unless RECORD is set: then it is what is kept.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../repository.mjs'

const folder = join(root, 'docs', 'conformance')

/** Every record that is kept: `{ kind, suite, runtime, passed, skipped }`, where `skipped` has the cases of each reason. */
export function records() {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** A record of cases: each with a name and, when it was left out, the reason as `skipped`. */
export function recordOf({ kind, suite, runtime }, cases) {
  const skipped = {}
  for (const { name, skipped: reason } of cases.filter((one) => one.skipped !== undefined))
    skipped[reason] = [...(skipped[reason] ?? []), name].sort()
  const reasons = Object.entries(skipped).sort(([a], [b]) => (a < b ? -1 : 1))
  const passed = cases.filter((one) => one.skipped === undefined).length
  return { kind, suite, runtime, passed, skipped: Object.fromEntries(reasons) }
}

/** Compares a record with what is kept, or keeps it; what differs, or `null`. More cases than are kept are no difference. */
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
  return `${record.suite} in ${record.runtime} shows something else than docs/conformance says: npm run capabilities -- --record, and look at the difference`
}

const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
