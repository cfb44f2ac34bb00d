/** An obligation of a contract, ready to run. */
export interface ConformanceCase {
  /** Obligation that the case checks. */
  readonly name: string
  /** Reason for which the case is skipped; `null` when it can run. */
  readonly skip: string | null
  /** Maximum duration, in milliseconds. */
  readonly timeout: number
  /** Checks the obligation. Rejects with a {@link ConformanceError} when it is not met. */
  run(): Promise<void>
}

/**
 * The functions of a test runner that a suite uses; those of vitest, node:test, bun:test, Jest and Mocha fit.
 */
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

/** Declares cases in a test runner. The name of a skipped case contains the reason. */
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
 * Checks the names of the cases that a harness skips.
 *
 * @throws RangeError when the suite has no case of a name.
 */
export function checkSkips(
  skip: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
): void {
  for (const name of Object.keys(skip ?? {}))
    if (!names.includes(name))
      throw new RangeError(`unable to skip ${JSON.stringify(name)}: the suite has no such case`)
}
