import { Reader } from '../reader.ts'
import { type Measurement, ScaleCluster } from '../scale-cluster.ts'
import { unlimited } from './addresses.ts'

const perReader = 100
/** Duration of the outage, in milliseconds. */
const outage = 3_000
/** Time after the outage in which the work is counted, in milliseconds. */
const after = 10_000

/** Size of a run. */
export interface FailoverSize {
  readonly nodes: number
  /** Addresses, each with one reader. */
  readonly addresses: number
}

/** The counts of a run. */
export interface FailoverResult extends FailoverSize {
  /** The ten seconds after the broker is back. */
  readonly recovery: Measurement
  /** The ten seconds before the outage. */
  readonly before: Measurement
  /** Time from the end of the outage until a message to each of a hundred addresses has arrived, in ms. */
  readonly arrived: number
}

/** Takes the broker away from all nodes for three seconds, as a failover does, and counts the work after it. */
export async function measureFailover(size: FailoverSize): Promise<FailoverResult> {
  const cluster = new ScaleCluster({ nodes: size.nodes, hub: unlimited })
  const readers = await connectReaders(cluster, size)
  await cluster.time.advance(30_000)
  const before = await cluster.measure(() => cluster.time.advance(after))
  cluster.outage(true)
  // The hub repeats an append until the broker answers.
  const sent = readers.slice(0, 100)
  for (const [index, reader] of sent.entries()) reader.send(`#${index * perReader}`, { n: index })
  await cluster.time.advance(outage)
  cluster.outage(false)
  const start = cluster.time.now
  let arrived = 0
  const recovery = await cluster.measure(async () => {
    await cluster.untilTrue(() => sent.every(({ messages }) => messages === 1))
    arrived = Math.round(cluster.time.now - start)
    await cluster.time.advance(after - arrived)
  })
  return { ...size, before, recovery, arrived }
}

async function connectReaders(cluster: ScaleCluster, { nodes, addresses }: FailoverSize): Promise<Reader[]> {
  const readers: Reader[] = []
  for (let from = 0; from < addresses; from += perReader) {
    const node = cluster.nodes[(from / perReader) % nodes]
    if (node === undefined) throw new RangeError('unable to join: no node')
    const count = Math.min(perReader, addresses - from)
    const joined = Array.from({ length: count }, (_, i) => `#${from + i}`)
    readers.push(await cluster.until(Reader.connect(cluster.dialer(node), `user-${from}`, joined)))
  }
  await cluster.untilTrue(() => readers.every(({ welcomed }) => welcomed))
  await cluster.time.settle()
  return readers
}
