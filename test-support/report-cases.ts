import type { ConformanceCase } from '@chat/testing/conformance'

/** Result of a case, which other processes read as a line of JSON. */
export interface CaseReport {
  readonly suite: string
  readonly name: string
  /** Reason for which the case was skipped. */
  readonly skipped?: string
  /** Reason for which the case failed. */
  readonly failed?: string
}

/** Number of cases that run in parallel. Each has a separate server. */
const atOnce = 6

/** Options of a report. */
interface ReportOptions {
  /** Runs only the cases whose names contain this text. */
  readonly only?: string | undefined
  /** Called with each line. Default: `console.log`. */
  readonly print?: (line: string) => void
}

/** Runs the cases of a suite without a test runner, and prints a {@link CaseReport} for each. */
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
