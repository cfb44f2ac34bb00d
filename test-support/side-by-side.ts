import type { TestRunner } from '@chat/testing/conformance'
import { describe, it } from 'vitest'

/** Cases of hundreds of requests in sequence, which take too long beside other cases. */
const alone = ['a thousand transmissions', 'pauses and resumes again']

const declare = (name: string, run: () => Promise<void>, timeout?: number): unknown =>
  (alone.some((part) => name.includes(part)) ? it.sequential : it)(name, run, timeout)

/**
 * Runs the cases of a conformance suite in parallel, because each has a separate server, except for the
 * longest cases.
 */
export const sideBySide: TestRunner = {
  describe: describe.concurrent,
  it: Object.assign(declare, { skip: it.skip }),
}
