import type { TestRunner } from '@chat/testing/conformance'
import { describe, it } from 'vitest'

/**
 * Runs the cases of a suite over a real server side by side. Its time is divided, so a machine that stands
 * still for a moment looks like a duration that has passed: such a case runs again, up to twice.
 */
export function patientRunner(wanted: boolean): TestRunner {
  const patient = (name: string, run: () => Promise<void>, timeout = 30_000): void =>
    it(name, { retry: 2, timeout }, run)
  const skip = (name: string, run: () => Promise<void>): void => it.skip(name, run)
  return { describe: describe.runIf(wanted).concurrent, it: Object.assign(patient, { skip }) }
}
