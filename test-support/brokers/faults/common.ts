import { onTestFinished } from 'vitest'
import { FaultProxy } from '../../fault-proxy.ts'
import type { BackplaneSpec } from '../backplane-spec.ts'
import type { DeclareFault } from '../fault-row.ts'
import { FaultRun } from '../fault-run.ts'
import { pause, until } from '../until.ts'

/** Number of connections that are cut between a request and its answer. */
const cuts = 25
/** Time for which a direction carries nothing, in milliseconds. */
const heldTime = 8_000

/** A broker that a test has started, and that ends with the test. */
export interface StartedBroker {
  /** Port of the broker. */
  readonly port: number
  /** Returns the backplane of a hub that reaches the broker at this port. */
  spec(port: number): BackplaneSpec
}

/** Starts a run of two hubs at a broker. */
export const runAt = ({ port, spec }: StartedBroker): Promise<FaultRun> =>
  FaultRun.start({ backplanes: [spec(port), spec(port)] })

/** Declares the faults of hubs that do not depend on the broker. */
export function declareHubFaults(fault: DeclareFault, start: () => Promise<StartedBroker>): void {
  fault('a hub is killed, and its clients turn to the other (S-10, S-11)', {}, async () => {
    const run = await runAt(await start())
    await run.flow(1_000)
    const [hub] = run.hubs
    if (hub === undefined) throw new Error('the run has no hub')
    run.withdraw(hub)
    await hub.kill()
    await run.flowing()
    return run
  })

  fault(
    'rolling deploy: each hub drains on SIGTERM, and another takes its place (N-01, S-23)',
    {},
    async () => {
      const broker = await start()
      const run = await runAt(broker)
      for (const hub of [...run.hubs]) {
        await run.startHub(broker.spec(broker.port))
        run.withdraw(hub)
        const code = await hub.terminate()
        if (code !== 0) throw new Error(`the hub ended with ${code}:\n${hub.output}`)
        await run.flowing()
      }
      return run
    },
  )

  fault('a hub is stopped for 4 s, and continues (S-34)', {}, async () => {
    const run = await runAt(await start())
    const [hub] = run.hubs
    hub?.stop()
    await run.flow(4_000)
    hub?.continue()
    run.back()
    await run.flowing()
    return run
  })
}

/** Declares the faults of the network between a hub and its broker. */
export function declareNetworkFaults(fault: DeclareFault, start: () => Promise<StartedBroker>): void {
  fault(`${cuts} connections are cut between a request and its answer (S-05)`, {}, async () => {
    const { run, proxies } = await runThroughProxies(await start())
    for (let cut = 0; cut < cuts; cut++) {
      const proxy = proxies[cut % proxies.length]
      if (proxy === undefined) break
      proxy.down.cutAfter = 1
      await until('the cut', () => proxy.down.cutAfter > 1)
      await run.flow(150)
    }
    run.back()
    await run.flowing()
    return run
  })

  for (const way of ['up', 'down'] as const) {
    const direction = way === 'up' ? 'from a hub to the broker' : 'from the broker to a hub'
    fault(`nothing passes ${direction} for ${heldTime / 1_000} s (S-25)`, {}, async () => {
      const { run, proxies } = await runThroughProxies(await start())
      proxies[0]?.stall(way)
      await run.flow(heldTime)
      proxies[0]?.heal()
      run.back()
      await run.flowing()
      return run
    })

    fault(`open connections carry nothing ${direction} any more, and new ones work (BP-08)`, {}, async () => {
      const { run, proxies } = await runThroughProxies(await start())
      proxies[0]?.strand(way)
      await pause(1_000)
      await run.flowing()
      await run.flow(1_000)
      return run
    })
  }
}

/** Starts a run of two hubs, each of which reaches the broker through a proxy of its own. */
export async function runThroughProxies(
  broker: StartedBroker,
): Promise<{ readonly run: FaultRun; readonly proxies: readonly FaultProxy[] }> {
  const proxies = await Promise.all([0, 1].map(() => FaultProxy.start(broker.port)))
  onTestFinished(async () => void (await Promise.all(proxies.map((proxy) => proxy.close()))))
  const backplanes = proxies.map(({ port }) => broker.spec(port))
  return { run: await FaultRun.start({ backplanes, judged: broker.spec(broker.port) }), proxies }
}
