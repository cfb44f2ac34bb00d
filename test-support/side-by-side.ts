import type { TestRunner } from '@chat/testing/conformance'
import { describe, it } from 'vitest'

/** Cases of hundreds of requests, one after the other, take too long while others run. */
const alone = ['a thousand transmissions', 'pauses and resumes again']

const declare = (name: string, run: () => Promise<void>, timeout?: number): unknown =>
  (alone.some((part) => name.includes(part)) ? it.sequential : it)(name, run, timeout)

/** Runs the cases of a conformance suite side by side, as each has a server of its own, all but the longest. */
export const sideBySide: TestRunner = {
  describe: describe.concurrent,
  it: Object.assign(declare, { skip: it.skip }),
}
