import { commonRoom, Population } from '../population.ts'
import { type Measurement, ScaleCluster } from '../scale-cluster.ts'

/** Messages that the common room gets while all are away. */
const missed = 10
/** Width of a column of the timeline, in milliseconds. */
const column = 250

/** Size of a run. */
export interface StormSize {
  readonly nodes: number
  readonly sessions: number
}

/** The counts of a run. */
export interface StormResult extends StormSize {
  /** From the cut until every client is connected and has all messages. */
  readonly storm: Measurement
  /** Operations at the broker in each quarter of a second after the cut. */
  readonly timeline: readonly number[]
  readonly resumed: number
  readonly gaps: number
}

/** Cuts all connections at once; the clients resume at other nodes. */
export async function measureStorm(size: StormSize): Promise<StormResult> {
  const cluster = new ScaleCluster(size)
  const population = await Population.connect(cluster, size.sessions)
  await cluster.time.advance(30_000)
  const before = population.connections
  const timeline: number[] = []
  const storm = await cluster.measure(async () => {
    population.cutAll()
    for (let n = 0; n < missed; n++) void cluster.nodes[0]?.hub.to(commonRoom).send('say', { n })
    const whole = missed * size.sessions
    for (let last = cluster.operations; population.messages < whole || !population.allConnected; ) {
      await cluster.time.advance(column)
      timeline.push(cluster.operations - last)
      last = cluster.operations
    }
  })
  return { ...size, storm, timeline, resumed: population.connections - before, gaps: population.gaps }
}
