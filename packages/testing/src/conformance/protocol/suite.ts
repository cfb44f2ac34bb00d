import { type ConformanceCase, checkSkips, declare, type TestRunner } from '../runner.ts'
import { addresses } from './addresses.ts'
import { authentication } from './authentication.ts'
import { backpressure } from './backpressure.ts'
import { cancelling } from './cancelling.ts'
import { obstacle, type ProtocolCase, titleOf } from './case.ts'
import { casting } from './casting.ts'
import { concurrency } from './concurrency.ts'
import { ending } from './ending.ts'
import { events } from './event-names.ts'
import { framing, unknownTypes } from './framing.ts'
import type { ProtocolHarness } from './harness.ts'
import { helloStreams } from './hello-streams.ts'
import { HubUnderTest } from './hub-under-test.ts'
import { invalidFrames } from './invalid-frames.ts'
import { invalidHello } from './invalid-hello.ts'
import { joining } from './joining.ts'
import { messageMeta } from './message-meta.ts'
import { messageTime } from './message-time.ts'
import { order } from './order.ts'
import { pings } from './pings.ts'
import { presence } from './presence.ts'
import { publishing } from './publishing.ts'
import { rate } from './rate.ts'
import { reading } from './reading.ts'
import { repetition } from './repetition.ts'
import { resuming } from './resuming.ts'
import { sizes } from './sizes.ts'
import { streams } from './streams.ts'
import { takeover } from './takeover.ts'
import { checkOrder, freeFormValues } from './values.ts'
import { welcome } from './welcome.ts'

const cases: readonly ProtocolCase[] = [
  ...welcome,
  ...authentication,
  ...helloStreams,
  ...resuming,
  ...takeover,
  ...framing,
  ...unknownTypes,
  ...freeFormValues,
  ...checkOrder,
  ...invalidHello,
  ...invalidFrames,
  ...addresses,
  ...events,
  ...joining,
  ...order,
  ...publishing,
  ...messageTime,
  ...messageMeta,
  ...repetition,
  ...casting,
  ...cancelling,
  ...reading,
  ...streams,
  ...presence,
  ...pings,
  ...sizes,
  ...rate,
  ...backpressure,
  ...concurrency,
  ...ending,
]

/**
 * Returns every obligation of a hub of protocol `chat.v1` as a case that any runner can run;
 * {@link defineProtocolSuite} hands the cases to a runner.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function protocolCases(harness: ProtocolHarness): ConformanceCase[] {
  checkSkips(harness.skip, cases.map(titleOf))
  return cases.map((one) => make(harness, one))
}

/**
 * Declares the conformance suite of the protocol in a test runner. It reaches the hub under test through
 * WebSockets alone, so that the hub may be written in any language and run anywhere:
 *
 * ```ts
 * import { describe, it } from 'node:test'
 * import { WebSocket } from 'ws'
 *
 * defineProtocolSuite({ describe, it }, {
 *   name: 'our hub in Go',
 *   dial: (protocols) => new WebSocket('ws://127.0.0.1:8080/chat', [...protocols]),
 *   refusedTokens: [undefined, 'expired'],
 *   lacks: {
 *     forbiddenRoom: 'every room is open',
 *     pendingCall: 'the hub has no calls',
 *     ask: 'the hub asks nothing',
 *     stream: 'the hub has no streams',
 *     startAnother: 'the hub runs on another machine',
 *   },
 * })
 * ```
 *
 * The cases are independent of each other: a runner may run several at the same time, as vitest does with
 * `it.concurrent`. Each case names the rules that it shows. Cases that need a missing ability, and cases that
 * the harness skips, are reported by name, with the reason.
 *
 * @throws RangeError when the harness skips a case that does not exist.
 */
export function defineProtocolSuite(runner: TestRunner, harness: ProtocolHarness): void {
  declare(runner, `protocol conformance: ${harness.name}`, protocolCases(harness))
}

function make(harness: ProtocolHarness, one: ProtocolCase): ConformanceCase {
  const name = titleOf(one)
  return {
    name,
    skip: harness.skip?.[name] ?? obstacle(harness, one),
    timeout: 40_000,
    async run() {
      const hub = new HubUnderTest(harness)
      try {
        await one.run(hub)
        hub.checkFrames()
      } finally {
        hub.leave()
      }
    },
  }
}
