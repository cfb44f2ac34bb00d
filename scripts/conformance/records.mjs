// What a conformance suite has shown in a runtime, kept in docs/conformance/ and compared with what the next run shows.
// A run that shows something else fails, unless RECORD is set: then it is what is kept.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../packages.mjs'

const folder = join(root, 'docs', 'conformance')

/** A record of cases: each with a name and, when it was left out, the reason as `skipped`. */
export function recordOf({ kind, suite, runtime }, cases) {
  const skipped = {}
  for (const { name, skipped: reason } of cases.filter((one) => one.skipped !== undefined))
    skipped[reason] = [...(skipped[reason] ?? []), name].sort()
  const reasons = Object.entries(skipped).sort(([a], [b]) => (a < b ? -1 : 1))
  const passed = cases.filter((one) => one.skipped === undefined).length
  return { kind, suite, runtime, passed, skipped: Object.fromEntries(reasons) }
}

/** Compares a record with what is kept, or keeps it; what differs, or `null`. */
export function keep(record) {
  const file = join(folder, `${slug(`${record.kind} ${record.suite} in ${record.runtime}`)}.json`)
  const text = `${JSON.stringify(record, null, 2)}\n`
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return null
  if (!process.env.RECORD)
    return `${record.suite} in ${record.runtime} shows something else than docs/conformance says: run it again with RECORD=1, and look at the difference`
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, text)
  return null
}

const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
