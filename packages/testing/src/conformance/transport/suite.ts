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
 * Every obligation of the transport contract, for both sides of a link, as cases for any runner; {@link
 * defineTransportSuite} declares them in a runner.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function transportCases(harness: TransportHarness): ConformanceCase[] {
  const made = cases.flatMap((each) => (each.sides ?? bothSides).map((side) => makeCase(harness, each, side)))
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
 *     const hub = new RecordingHub(options)
 *     network.listen('hub', hub)
 *     return {
 *       dial: network.dialer('hub'),
 *       nowhere: network.dialer('unknown'),
 *       accepted: () => hub.next(),
 *       open: async () => hub.open,
 *       stop: async () => {},
 *     }
 *   },
 *   lacks: { cut: 'not shown here', vanish: 'not shown here' },
 * })
 * ```
 *
 * Each case has a server of its own. The report names each skipped case with its reason: a capability that
 * the transport lacks, means that the harness lacks, or an entry of `skip`.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function defineTransportSuite(runner: TestRunner, harness: TransportHarness): void {
  declare(runner, `transport conformance: ${harness.name}`, transportCases(harness))
}

function makeCase(harness: TransportHarness, transportCase: TransportCase, side: Side): ConformanceCase {
  const name = `${side}: ${transportCase.name}`
  return {
    name,
    skip: harness.skip?.[name] ?? skipReason(harness, transportCase, side),
    timeout: 40_000,
    async run() {
      const fixture = await TransportFixture.create(harness, side, transportCase.options)
      try {
        await transportCase.run(fixture)
        await fixture.finish()
      } finally {
        await fixture.bench.stop()
      }
    },
  }
}
