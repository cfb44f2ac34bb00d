import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BackplaneSpec } from '../backplane-spec.ts'
import { removeFolder, temporaryFolder } from '../broker-process.ts'
import { faultsOf } from '../fault-row.ts'
import { FaultRun } from '../fault-run.ts'

const fault = faultsOf('SQLite')

/** Number of times that the hub ends. */
const ends = 3

async function start(): Promise<{ run: FaultRun; spec: BackplaneSpec }> {
  const folder = temporaryFolder()
  const spec: BackplaneSpec = { kind: 'sqlite', file: join(folder, 'chat.db') }
  onTestFinished(() => removeFolder(folder))
  return { run: await FaultRun.start({ backplanes: [spec] }), spec }
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const)
  fault(`the hub ends ${ends} times by ${signal}, and starts again with its file (S-10)`, {}, async () => {
    const { run, spec } = await start()
    for (let end = 0; end < ends; end++) {
      await run.flow(500)
      const hub = run.hubs.at(-1)
      await (signal === 'SIGKILL' ? hub?.kill() : hub?.terminate())
      await run.startHub(spec, hub?.port)
      await run.flowing()
    }
    return run
  })
