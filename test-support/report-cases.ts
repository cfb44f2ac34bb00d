import type { ConformanceCase } from '@chat/testing/conformance'

/** What became of one case, as other processes read it: a line of JSON. */
export interface CaseReport {
  readonly suite: string
  readonly name: string
  /** Why it was left out. */
  readonly skipped?: string
  /** Why it failed. */
  readonly failed?: string
}

/** How many cases wait side by side: each has a server of its own. */
const atOnce = 6

/** What to report, and how. */
interface ReportOptions {
  /** Runs only the cases whose name has this in it. */
  readonly only?: string | undefined
  /** Takes each line. Default: `console.log`. */
  readonly print?: (line: string) => void
}

/** Runs the cases of a suite where no test runner is, and prints a {@link CaseReport} for each. */
export async function reportCases(
  suite: string,
  cases: readonly ConformanceCase[],
  { only = '', print = console.log }: ReportOptions = {},
): Promise<void> {
  const waiting = cases.filter(({ name }) => name.includes(only))
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
      print(JSON.stringify({ suite, name: one.name, ...(await outcome(one)) } satisfies CaseReport))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

async function outcome({
  skip,
  timeout,
  run,
}: ConformanceCase): Promise<Pick<CaseReport, 'skipped' | 'failed'>> {
  if (skip !== null) return { skipped: skip }
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeout} ms`)), timeout)
  })
  try {
    await Promise.race([run(), late])
    return {}
  } catch (error) {
    return { failed: String(error) }
  } finally {
    clearTimeout(timer)
  }
}
