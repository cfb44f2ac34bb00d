import { run } from './search.ts'
import { searches } from './searches/all.ts'

/*
 * Makes one search: `--search` its name, `--seeds` how many, `--from` the first, `--progress` to hear of it
 * after each so many. Ends with a line of figures, as JSON; or exits with 1 and the report of the first
 * failure. `--list` names all searches.
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
  if (search === undefined) throw new RangeError(`unable to search: there is no '${option('search')}'`)
  const seeds = Number(option('seeds') ?? 100)
  const every = Number(option('progress') ?? Number.POSITIVE_INFINITY)
  try {
    const { runs, steps, time, situations } = await run(search, {
      runs: seeds,
      seed: Number(option('from') ?? 1),
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
        // Of the processor: what else runs on the machine does not count.
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
