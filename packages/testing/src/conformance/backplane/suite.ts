import { type ConformanceCase, checkSkips, declare, type TestRunner } from '../runner.ts'
import { type BackplaneCase, checkMeans, skipReason } from './case.ts'
import { channels } from './channels.ts'
import { Cluster } from './cluster.ts'
import { dedupe } from './dedupe.ts'
import { expected } from './expected.ts'
import { failures } from './failures.ts'
import type { BackplaneHarness } from './harness.ts'
import { heads } from './heads.ts'
import { hints } from './hints.ts'
import { leftovers } from './leftovers.ts'
import { log } from './log.ts'
import { pages } from './pages.ts'
import { pipelining } from './pipelining.ts'
import { presence } from './presence.ts'
import { presenceHints } from './presence-hints.ts'
import { presenceLeases } from './presence-leases.ts'
import { redaction } from './redaction.ts'
import { sessionHolders } from './session-holders.ts'
import { sessions } from './sessions.ts'
import { streams } from './streams.ts'

const cases: readonly BackplaneCase[] = [
  ...log,
  ...pages,
  ...dedupe,
  ...pipelining,
  ...expected,
  ...streams,
  ...heads,
  ...redaction,
  ...hints,
  ...channels,
  ...sessions,
  ...sessionHolders,
  ...presence,
  ...presenceHints,
  ...presenceLeases,
  ...failures,
  ...leftovers,
]

/**
 * Every obligation of the backplane contract, as cases for any runner; {@link defineBackplaneSuite} declares
 * them in a runner.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function backplaneCases(harness: BackplaneHarness): ConformanceCase[] {
  checkSkips(
    harness.skip,
    cases.map(({ name }) => name),
  )
  return cases.map((each) => makeCase(harness, each))
}

/**
 * Declares the conformance suite of a backplane in a test runner:
 *
 * ```ts
 * import { describe, it } from 'node:test'
 *
 * defineBackplaneSuite({ describe, it }, {
 *   name: 'memory',
 *   capabilities: new MemoryBackplane(new MemoryStore(systemRuntime)).capabilities,
 *   async start({ keep, age }) {
 *     const retention = { ...(keep === null ? {} : { count: keep }), ...(age === null ? {} : { age }) }
 *     const store = new MemoryStore(systemRuntime, { retention })
 *     return {
 *       node: async () => new MemoryBackplane(store),
 *       stranger: async () => new MemoryBackplane(new MemoryStore(systemRuntime)),
 *       stop: async () => store.close(),
 *     }
 *   },
 *   lacks: {
 *     advance: 'runs in real time',
 *     forget: 'not shown here',
 *     outage: 'is always in reach',
 *     wipe: 'not shown here',
 *     loseAnswer: 'loses no answer',
 *     rollback: 'not shown here',
 *     leftovers: 'not shown here',
 *   },
 * })
 * ```
 *
 * Each case has a store of its own. The report names each skipped case with its reason: a capability that the
 * backplane lacks, means that the harness lacks, or an entry of `skip`.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function defineBackplaneSuite(runner: TestRunner, harness: BackplaneHarness): void {
  declare(runner, `backplane conformance: ${harness.name}`, backplaneCases(harness))
}

function makeCase(harness: BackplaneHarness, backplaneCase: BackplaneCase): ConformanceCase {
  return {
    name: backplaneCase.name,
    skip: harness.skip?.[backplaneCase.name] ?? skipReason(harness, backplaneCase),
    timeout: 60_000,
    async run() {
      const cluster = await Cluster.create(harness, backplaneCase.options)
      try {
        checkMeans(cluster.bench, backplaneCase)
        await backplaneCase.run(cluster)
        for (const node of [cluster.a, cluster.b]) await cluster.awaitAnswer('a node closes', node.close())
      } finally {
        await cluster.bench.stop()
      }
    },
  }
}
