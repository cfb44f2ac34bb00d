// Which tests are not run in which runtime, and why.

type RuntimeKind = 'node' | 'bun' | 'deno'

/** The runtime that this runs in. */
export const runtime: RuntimeKind = 'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'

/** Test files that are left out, all for one reason. */
interface LeftOut {
  readonly why: string
  /** Where; everywhere when not said. */
  readonly on?: RuntimeKind
  readonly files: readonly string[]
}

/** `npm test` leaves nothing out, on the Node that it is started with. */
const leftOut: readonly LeftOut[] = [
  {
    why: 'searches and simulated worlds, whose every step is the same wherever they run: the part "simulation" compares them',
    files: [
      'packages/testing/test/explore/*.test.ts',
      'packages/testing/test/conformance/catches-*.test.ts',
      'packages/testing/test/faults/**',
      'packages/core/test/**/{storm,fuzz,model,joining-orders}.test.ts',
    ],
  },
  {
    why: 'the conformance of transports takes longer than all else, and is shown on the Node of `npm test`',
    on: 'node',
    files: ['packages/{node-ws,http}/test/conformance.test.ts'],
  },
  {
    why: 'Bun has a `ws` of its own, which holds nobody back, does not count what waits or comes, and knows no limit of fragments',
    on: 'bun',
    files: [
      'packages/node-ws/test/{closing,compression,conformance,dial,limits,reading,sending}.test.ts',
      'packages/node-ws/test/faults/{slow-link,stalled}.test.ts',
    ],
  },
]

/** What is left out here. */
export const leftOutHere = leftOut.filter(({ on }) => on === undefined || on === runtime)
