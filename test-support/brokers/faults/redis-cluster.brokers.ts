import { describe, onTestFinished } from 'vitest'
import { faultsOf } from '../fault-row.ts'
import { FaultRun } from '../fault-run.ts'
import { installed } from '../installed.ts'
import { room } from '../journal.ts'
import { RedisCluster, type RedisClusterOptions } from '../redis-cluster.ts'
import { until } from '../until.ts'

/** Number of times that the slot of the room moves. */
const moves = 3

interface ClusterRun {
  readonly cluster: RedisCluster
  readonly run: FaultRun
  /** The slot of the room's log. */
  readonly slot: number
}

async function start(sharded: boolean, options: RedisClusterOptions): Promise<ClusterRun> {
  const cluster = await RedisCluster.start(options)
  onTestFinished(() => cluster.close())
  const backplane = {
    kind: 'redis',
    options: { nodes: cluster.addresses, prefix: 'faults', sharded },
  } as const
  const run = await FaultRun.start({ backplanes: [backplane, backplane] })
  await run.flow(1_000)
  return { cluster, run, slot: await cluster.slotOf(room.slice(1)) }
}

describe.skipIf(!installed['redis-server'])('Redis Cluster', () => {
  for (const sharded of [false, true]) {
    const fault = faultsOf(`Redis Cluster, ${sharded ? 'sharded' : 'classic'} pub/sub`)

    fault(
      "the primary of the room's slot is killed, and its replica takes over (BP-03, BP-05)",
      { mayLose: true, told: ['epoch', 'diverged'], fails: ['uncertain'], long: !sharded },
      async () => {
        const { cluster, run, slot } = await start(sharded, { replicas: 1 })
        const primary = await cluster.primaryOf(slot)
        await primary.kill()
        await until('another primary of the slot', async () => (await cluster.primaryOf(slot)) !== primary)
        await cluster.complete()
        run.back()
        await run.flowing()
        return run
      },
    )

    fault(`the room's slot moves to another primary ${moves} times (BP-05)`, { long: !sharded }, async () => {
      const { cluster, run, slot } = await start(sharded, {})
      for (let move = 0; move < moves; move++) {
        await cluster.moveSlot(slot)
        await run.flowing()
      }
      run.back()
      await run.flowing()
      return run
    })
  }
})
