// Tests a server in another process with clients on Node: the conformance suite, and the everyday cases.
// Arguments: the server's port, the suite's name, the server's capabilities as JSON, and optionally a part of
// the names of cases, to run only those.
import type { TransportCapabilities } from '@chat/core/transport'
import { dial } from '@chat/node-ws'
import { transportCases } from '@chat/testing/conformance'
import { CaseHub } from './everyday.ts'
import { everydayCases } from './everyday-cases.ts'
import { everything, remoteHarness } from './remote-harness.ts'
import { reportCases } from './report-cases.ts'

const [, , port, name = '', capabilities = '{}', only] = process.argv
const server: TransportCapabilities = JSON.parse(capabilities)

const harness = remoteHarness({
  name,
  port: Number(port),
  capabilities: { client: everything('node-ws'), server },
  dial,
})
await reportCases(`${name}, clients on Node`, transportCases(harness), { only })
await reportCases(
  `${name}, every day`,
  everydayCases.map(({ name: title, backpressure, run }, n) => ({
    name: title,
    skip: backpressure && !server.backpressure ? 'the server declares that it lacks backpressure' : null,
    timeout: 30_000,
    async run() {
      const hub = new CaseHub(Number(port), `case-${n}`)
      try {
        await run(hub)
      } finally {
        await hub.leave()
      }
    },
  })),
  { only },
)
process.exit()
