import { describe, expect, it } from 'vitest'
import { appendFaults } from '../support/backplane-faults/append-faults.ts'
import type { CaughtFault } from '../support/backplane-faults/fault-builders.ts'
import { logFaults } from '../support/backplane-faults/log-faults.ts'
import { sessionFaults } from '../support/backplane-faults/session-faults.ts'
import { storeFaults } from '../support/backplane-faults/store-faults.ts'
import { streamFaults } from '../support/backplane-faults/stream-faults.ts'
import { caseNames, fails } from '../support/faulty-backplane.ts'

const faults: readonly CaughtFault[] = [
  ...logFaults,
  ...appendFaults,
  ...streamFaults,
  ...sessionFaults,
  ...storeFaults,
]

describe('the conformance suite catches a backplane that', () => {
  for (const [fault, only, make, latency = null] of faults)
    it(`${fault} (${only})`, async () => {
      expect(await fails(() => ({}), only, latency)).toBe(false)
      expect(await fails(make, only, latency)).toBe(true)
    })

  it('fails in any of the promised ways', () => {
    const caught = faults.map(([, only]) => only)
    const others = caseNames().filter((name) => !name.startsWith('presence:'))
    expect(others.filter((name) => !caught.some((only) => name.startsWith(only)))).toEqual([])
  })
})
