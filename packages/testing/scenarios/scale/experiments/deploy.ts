import { Population } from '../population.ts'
import { type Measurement, ScaleCluster } from '../scale-cluster.ts'

/** Time for which a node drains, in milliseconds. */
const deadline = 5_000

/** Size of a run. */
export interface DeploySize {
  readonly nodes: number
  /** Sessions in all. */
  readonly sessions: number
  /** Nodes that are replaced at the same time. */
  readonly atOnce: number
}

/** The counts of a run. */
export interface DeployResult extends DeploySize {
  /** From the start of the first new node until all clients are connected. */
  readonly deploy: Measurement
  /** Connections that were made: how often the sessions moved in all. */
  readonly moves: number
  readonly gaps: number
}

/** Replaces all nodes, some at a time: the new nodes start first, then the old nodes drain. */
export async function measureDeploy(size: DeploySize): Promise<DeployResult> {
  const cluster = new ScaleCluster(size)
  const population = await Population.connect(cluster, size.sessions)
  await cluster.time.advance(30_000)
  const before = population.connections
  const old = [...cluster.nodes]
  const deploy = await cluster.measure(async () => {
    for (let from = 0; from < old.length; from += size.atOnce) {
      const leaving = old.slice(from, from + size.atOnce)
      for (let i = 0; i < leaving.length; i++) cluster.startNode()
      await cluster.stopNodes(leaving, deadline)
    }
    await cluster.untilTrue(() => population.allConnected)
    await cluster.time.settle()
  })
  return { ...size, deploy, moves: population.connections - before, gaps: population.gaps }
}
