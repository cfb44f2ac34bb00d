import { type ConformanceCase, checkSkips, declare, type TestRunner } from '../runner.ts'
import { skipReason, type TransportCase } from './case.ts'
import { delivery } from './delivery.ts'
import { dialling } from './dialling.ts'
import { ending } from './ending.ts'
import { TransportFixture } from './fixture.ts'
import { flow } from './flow.ts'
import type { Side, TransportHarness } from './harness.ts'

const cases: readonly TransportCase[] = [...dialling, ...delivery, ...ending, ...flow]
const bothSides: readonly Side[] = ['client', 'server']

/**
 * Every obligation of the transport contract, for both sides of a link, as cases that any runner can run; {@link defineTransportSuite} hands
 * them to one.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function transportCases(harness: TransportHarness): ConformanceCase[] {
  const made = cases.flatMap((one) => (one.sides ?? bothSides).map((side) => make(harness, one, side)))
  checkSkips(
    harness.skip,
    made.map(({ name }) => name),
  )
  return made
}

/**
 * Declares the conformance suite of a transport in a test runner:
 *
 * ```ts
 * import { describe, it } from 'node:test'
 *
 * defineTransportSuite({ describe, it }, {
 *   name: 'memory',
 *   capabilities: { client: memory, server: memory },
 *   async start(options) {
 *     const network = new MemoryNetwork(systemRuntime)
 *     const host = new RecordingHost(options)
 *     network.listen('hub', host)
 *     return {
 *       dial: network.dialer('hub'),
 *       nowhere: network.dialer('nobody'),
 *       accepted: () => host.next(),
 *       open: async () => host.open,
 *       stop: async () => {},
 *     }
 *   },
 *   lacks: { cut: 'not shown here', vanish: 'not shown here' },
 * })
 * ```
 *
 * Each case has a server of its own. What the transport declares that it cannot, what the harness lacks, and what it skips is reported by name, with the reason.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function defineTransportSuite(runner: TestRunner, harness: TransportHarness): void {
  declare(runner, `transport conformance: ${harness.name}`, transportCases(harness))
}

function make(harness: TransportHarness, one: TransportCase, side: Side): ConformanceCase {
  const name = `${side}: ${one.name}`
  return {
    name,
    skip: harness.skip?.[name] ?? skipReason(harness, one, side),
    timeout: 40_000,
    async run() {
      const fixture = await TransportFixture.create(harness, side, one.options)
      try {
        await one.run(fixture)
        await fixture.finish()
      } finally {
        await fixture.bench.stop()
      }
    },
  }
}
