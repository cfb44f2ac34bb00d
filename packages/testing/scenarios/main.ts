import { run } from './search.ts'
import { searches } from './searches/all.ts'

/*
 * Runs a search. Options: `--search` is its name, `--seeds` the number of seeds, `--from` the first seed,
 * `--progress` the number of seeds between two lines of progress, `--list` prints the names of all searches.
 * Ends with a line of figures in JSON, or exits with 1 and the report of the first failure.
 */
interface Process {
  readonly argv: readonly string[]
  readonly stdout: { write(text: string): void }
  cpuUsage(): { user: number; system: number }
  exitCode?: number
}
const { process } = globalThis as unknown as { process: Process }

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}
const say = (line: string): void => process.stdout.write(`${line}\n`)

async function main(): Promise<void> {
  const search = searches.find(({ name }) => name === option('search'))
  if (search === undefined)
    throw new RangeError(
      `unable to search: there is no search '${option('search')}'; --list prints their names`,
    )
  const seeds = Number(option('seeds') ?? 100)
  const every = Number(option('progress') ?? Number.POSITIVE_INFINITY)
  try {
    const { runs, steps, time, situations } = await run(search, {
      runs: seeds,
      seed: Number(option('from') ?? 1),
      // The guard follows every promise, which takes processor time. `npm test` runs each search with it.
      guard: false,
      progress: ({ run: done }) => {
        if (done % every === 0) say(`${search.name}: ${done} of ${seeds} seeds`)
      },
    })
    const reached = [...situations].sort(([a], [b]) => a.localeCompare(b))
    const { user, system } = process.cpuUsage()
    say(
      JSON.stringify({
        seeds: runs,
        steps,
        time: Math.round(time),
        // Time of the processor, so that other processes of the machine do not count.
        elapsed: Math.round((user + system) / 1_000),
        situations: reached,
      }),
    )
  } catch (error) {
    say(`${search.name}: FAILED\n${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}

if (process.argv.includes('--list')) for (const { name } of searches) say(name)
else await main()
