/** One obligation, ready to be run. */
export interface ConformanceCase {
  /** What is promised. */
  readonly name: string
  /** Why it cannot be shown here; `null` when it can. */
  readonly skip: string | null
  /** How long it may take, in milliseconds. */
  readonly timeout: number
  /** Rejects when the promise is not kept. */
  run(): Promise<void>
}

/** What a suite needs of a test runner: those of vitest, node:test, bun:test, Jest and Mocha fit. */
export interface TestRunner {
  /** Groups tests. */
  describe(name: string, define: () => void): unknown
  /** Declares a test; runners that take no timeout ignore it. */
  it: {
    (name: string, run: () => Promise<void>, timeout?: number): unknown
    /** Declares a test that is not run. */
    skip(name: string, run: () => Promise<void>): unknown
  }
}

/** Hands cases to a test runner. What is skipped says why in its name. */
export function declare(
  { describe, it }: TestRunner,
  title: string,
  cases: readonly ConformanceCase[],
): void {
  describe(title, () => {
    for (const { name, skip, timeout, run } of cases) {
      if (skip === null) it(name, run, timeout)
      else it.skip(`${name} [skipped: ${skip}]`, run)
    }
  })
}

/**
 * Why a case is left out, if it is.
 *
 * @throws RangeError when a harness skips what no suite has.
 */
export function checkSkips(
  skip: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
): void {
  for (const name of Object.keys(skip ?? {}))
    if (!names.includes(name))
      throw new RangeError(`unable to skip ${JSON.stringify(name)}: the suite has no such case`)
}
