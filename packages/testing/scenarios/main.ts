import { run, searches } from './searches.ts'

/*
 * Searches seeds from the command line: `--seeds` how many in all, `--from` the first, `--quiet` without progress. Exits with 1 and the report at the first failure.
 */
interface Process {
  readonly argv: readonly string[]
  readonly stdout: { write(text: string): void; readonly isTTY?: boolean }
  exitCode?: number
}
const { process, performance } = globalThis as unknown as { process: Process; performance: { now(): number } }

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

const seeds = option('seeds', 400)
const seed = option('from', 1)
const quiet = process.argv.includes('--quiet')
const each = Math.max(1, Math.ceil(seeds / searches.length))

for (const search of searches) {
  const start = performance.now()
  try {
    const report = await run(search, {
      runs: each,
      seed,
      progress: ({ run: done, runs }) => {
        if (!quiet && done % 100 === 0) process.stdout.write(`${search.name}: ${done} of ${runs} seeds\n`)
      },
    })
    const seconds = (performance.now() - start) / 1_000
    const rate = Math.round(report.steps / seconds)
    const hours = (report.time / 3_600_000).toFixed(1)
    process.stdout.write(
      `${search.name}: ${report.runs} seeds, ${hours} hours of virtual time in ${seconds.toFixed(1)} s, ${rate} events/s, 0 failures\n`,
    )
  } catch (error) {
    process.stdout.write(`${search.name}: FAILED\n${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
    break
  }
}
