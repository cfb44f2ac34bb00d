import { describe, onTestFinished } from 'vitest'
import { FaultProxy } from '../../fault-proxy.ts'
import { faultsOf } from '../fault-row.ts'
import { FaultRun } from '../fault-run.ts'
import { installed } from '../installed.ts'
import { primaryName, RedisSentinels, type RedisSentinelsOptions } from '../redis-sentinel.ts'
import { pause } from '../until.ts'

const fault = faultsOf('Redis with sentinels')

const promise = { mayLose: true, told: ['epoch', 'diverged'], fails: ['uncertain'] } as const

async function start(options?: RedisSentinelsOptions): Promise<{ sentinels: RedisSentinels; run: FaultRun }> {
  const sentinels = await RedisSentinels.start(options)
  onTestFinished(() => sentinels.close())
  const backplane = {
    kind: 'redis',
    options: { sentinels: sentinels.addresses, primaryName, prefix: 'faults' },
  } as const
  const run = await FaultRun.start({ backplanes: [backplane, backplane] })
  await run.flow(1_000)
  return { sentinels, run }
}

/** Starts a replica that copies through a proxy. */
async function startThroughProxy(): Promise<{
  sentinels: RedisSentinels
  run: FaultRun
  proxy: FaultProxy
}> {
  const made: FaultProxy[] = []
  onTestFinished(async () => void (await Promise.all(made.map((proxy) => proxy.close()))))
  const way = async (primary: number): Promise<number> => {
    const proxy = await FaultProxy.start(primary)
    made.push(proxy)
    return proxy.port
  }
  const started = await start({ way })
  const [proxy] = made
  if (proxy === undefined) throw new Error('the replica has no proxy')
  return { ...started, proxy }
}

async function failOver({ sentinels, run }: { sentinels: RedisSentinels; run: FaultRun }): Promise<FaultRun> {
  await sentinels.primary.kill()
  await sentinels.promoted()
  run.back()
  await run.flowing()
  await run.flow(500)
  return run
}

describe.skipIf(!installed['redis-server'])('Redis with sentinels', () => {
  fault('the primary is killed, and a replica in step takes over (BP-05)', promise, async () =>
    failOver(await start()),
  )

  fault('the primary is killed, and a replica that lacks a second takes over (BP-04)', promise, async () => {
    const started = await startThroughProxy()
    started.proxy.stall('down')
    await pause(1_000)
    return failOver(started)
  })

  fault(
    'the primary is killed, and a replica takes over that has never finished its first copy (BP-04)',
    { ...promise, long: true },
    async () => failOver(await start({ synced: false })),
  )
})
