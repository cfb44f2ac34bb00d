// Tests that do not run in some runtimes, with the reasons.

type RuntimeKind = 'node' | 'bun' | 'deno'

/** Current runtime. */
export const runtime: RuntimeKind = 'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'

/** Test files that are left out for the same reason. */
interface LeftOut {
  readonly why: string
  /** Runtimes in which the files are left out: a kind, or a version of Node. Default: all. */
  readonly on?: readonly (RuntimeKind | `node ${number}`)[]
  readonly files: readonly string[]
}

/** Files that `vitest.runtimes.config.ts` leaves out. `npm test` runs all of them on its Node. */
const leftOut: readonly LeftOut[] = [
  {
    why: 'components need a document, which the tests of the frameworks put into globals; `npm test` runs them',
    files: ['packages/{react,vue,svelte}/test/**'],
  },
  {
    why: 'searches and simulated worlds take the same steps in every runtime: the part "simulation" compares them',
    files: [
      'packages/testing/test/explore/*.test.ts',
      'packages/testing/test/conformance/catches-*.test.ts',
      'packages/testing/test/faults/**',
      'packages/core/test/**/{storm,fuzz,model,joining-orders}.test.ts',
    ],
  },
  {
    why: 'the conformance suites of transports take longer than all other tests, and `npm test` runs them',
    on: ['node'],
    files: ['packages/{node-ws,http}/test/conformance.test.ts'],
  },
  {
    why: 'a test asks the compiler for the texts that editors show, which are the same in every runtime',
    files: ['packages/core/test/types/hover.test.ts'],
  },
  {
    why: 'the tests over real Redis servers take a minute, and `npm test` runs them',
    files: ['packages/redis/test/**'],
  },
  {
    why: 'the tests over a real `nats-server` do not come to their end in Deno, although `@nats-io/transport-node` connects there',
    on: ['deno'],
    files: ['packages/nats/test/*.test.ts'],
  },
  {
    why: 'Bun replaces `ws` with its own version, which applies no backpressure, does not count waiting or received bytes, has no limit of fragments, and buffers unfinished messages itself',
    on: ['bun'],
    files: [
      'packages/node-ws/test/{closing,compression,conformance,dial,limits,reading,sending,strangers}.test.ts',
      'packages/node-ws/test/faults/{slow-link,stalled}.test.ts',
    ],
  },
  {
    why: 'a test measures the heap of V8 with `gc`, which only Node exposes to it',
    on: ['bun'],
    files: [
      'packages/core/test/memory/held-memory.test.ts',
      'packages/core/test/hub/sessions/waiting-operations.test.ts',
      'packages/http/test/rapid-reset.test.ts',
    ],
  },
  {
    why: 'code that uses nothing of Node passes with Node 20 and with Node 26: the versions between need not show it again',
    on: ['node 22', 'node 24'],
    files: ['packages/{core,store}/test/**'],
  },
  {
    why: 'the HTTP/2 client of Bun emits an error for each open stream when its session is destroyed',
    on: ['bun'],
    files: ['packages/http/test/http2-slow-application.test.ts'],
  },
  {
    why: 'a test measures the heap of V8 with `gc`, which only Node exposes to it',
    on: ['deno'],
    files: ['packages/core/test/memory/held-memory.test.ts', 'packages/http/test/rapid-reset.test.ts'],
  },
]

const version = /^node \d+/.exec(`node ${process.versions.node}`)?.[0]

/** Files that are left out in the current runtime. */
export const leftOutHere = leftOut.filter(
  ({ on }) =>
    on === undefined || on.some((name) => name === runtime || (runtime === 'node' && name === version)),
)
