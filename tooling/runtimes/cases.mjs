// Runs programs that run cases without a test runner and print each result as a line of JSON: `{ suite, name,
// skipped?, failed? }`; see test-support/report-cases.ts.
import { keep, recordOf } from '../docs/conformance-records.mjs'
import { run, seconds, start as startServer } from '../processes.mjs'
import { within } from './bundles.mjs'

/**
 * Runs a program. Resolves with `true` when no case failed. The results of conformance suites, by name, are
 * also compared with their records.
 */
export async function cases({ title, command, args, conformance }) {
  const start = performance.now()
  const { status, stdout, stderr } = await run(command, args, within)
  const ok = judged(stdout, conformance) && status === 0
  console.log(`${title}: ${seconds(start)} s${ok ? '' : `, FAILED (${status})\n${stderr}`}`)
  return ok
}

/** Judges the output of such a program in the same way. */
export function judged(output, conformance) {
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  const suites = grouped(lines.map((line) => JSON.parse(line)))
  let ok = suites.size > 0
  for (const [suite, found] of suites) ok = said(suite, found, conformance[suite]) && ok
  return ok
}

function said(suite, found, runtime) {
  const failed = found.filter((one) => one.failed !== undefined)
  const skipped = found.filter((one) => one.skipped !== undefined)
  const passed = found.length - failed.length - skipped.length
  console.log(`  ${suite}: ${passed} passed, ${skipped.length} left out, ${failed.length} failed`)
  for (const { name, failed: reason } of failed) console.log(`    FAILED ${name}: ${reason}`)
  if (failed.length > 0) return false
  const difference =
    runtime === undefined ? null : keep(recordOf({ kind: 'transport', suite, runtime }, found))
  if (difference !== null) console.log(`    ${difference}`)
  return difference === null
}

function grouped(all) {
  const groups = new Map()
  for (const one of all) groups.set(one.suite, [...(groups.get(one.suite) ?? []), one])
  return groups
}

/** Runs `use` while a server runs. The server prints its port first. */
export async function withServer({ command, args, cwd }, use) {
  const server = startServer(command, args, { cwd, patience: 60_000 })
  try {
    const line = await server.line(0).catch(() => null)
    // workerd prints the port in JSON.
    if (line !== null) return await use(Number(/"port":(\d+)/.exec(line)?.[1] ?? line))
    console.log(`${command} ${args.join(' ')}: ended before it listened\n${server.output()}`)
    return false
  } finally {
    await server.stop()
  }
}
