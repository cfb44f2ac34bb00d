import { faultsOf } from '../fault-row.ts'
import { FaultRun } from '../fault-run.ts'

const fault = faultsOf('memory of the hub')

fault(
  'the hub is killed, and started again (S-15)',
  { mayLose: true, told: ['epoch', 'absent'], fails: ['uncertain'] },
  async () => {
    const run = await FaultRun.start({ backplanes: [{ kind: 'memory' }] })
    await run.flow(1_000)
    const [hub] = run.hubs
    await hub?.kill()
    await run.startHub({ kind: 'memory' }, hub?.port)
    await run.flowing()
    return run
  },
)
