import type { TestRunner } from '@chat/testing/conformance'
import { describe, it } from 'vitest'

/** A case of a thousand requests, one after the other, takes too long while others run. */
const alone = 'a thousand transmissions'

const declare = (name: string, run: () => Promise<void>, timeout?: number): unknown =>
  (name.includes(alone) ? it.sequential : it)(name, run, timeout)

/** Runs the cases of a conformance suite side by side, as each has a server of its own, all but the longest. */
export const sideBySide: TestRunner = {
  describe: describe.concurrent,
  it: Object.assign(declare, { skip: it.skip }),
}
