import { Reader } from '../reader.ts'
import { type Measurement, ScaleCluster } from '../scale-cluster.ts'

/** Addresses of one reader. */
const perReader = 100
const idleMinutes = 10
const messages = 1_000

/** Size of a run. */
export interface AddressesSize {
  readonly nodes: number
  /** Number of addresses, each with a reader at `copies` nodes. */
  readonly addresses: number
  readonly copies: number
  readonly hints: 'connected' | 'lossy'
}

/** The counts of a run. */
export interface AddressesResult extends AddressesSize {
  readonly readers: number
  /** Joining all addresses. */
  readonly joining: Measurement
  /** Ten minutes without messages. */
  readonly idle: Measurement
  /** One thousand messages, each to an address at random. */
  readonly sending: Measurement
  /** State of the store at the end. */
  readonly store: { readonly streams: number; readonly bytes: number; readonly sessions: number }
}

/** Measures what idle addresses cost, and what a message costs among them. */
export async function measureAddresses(size: AddressesSize): Promise<AddressesResult> {
  const cluster = new ScaleCluster({ nodes: size.nodes, hints: size.hints, hub: unlimited })
  const readers: Reader[] = []
  const joining = await cluster.measure(() => joinAll(cluster, size, readers))
  // The clocks of heartbeats and checks are in step with the joins; a minute spreads them as they stay.
  await cluster.time.advance(60_000)
  const idle = await cluster.measure(() => cluster.time.advance(idleMinutes * 60_000))
  const sending = await cluster.measure(async () => {
    for (let n = 0; n < messages; n++) {
      const reader = readers[cluster.random.below(readers.length)]
      reader?.send(`#${cluster.random.below(size.addresses)}`, { n, text: '.'.repeat(100) })
      await cluster.time.advance(5)
    }
    await cluster.time.settle()
  })
  const received = readers.reduce((sum, reader) => sum + reader.messages, 0)
  if (received !== messages * size.copies)
    throw new Error(`unable to measure: ${received} of ${messages * size.copies} messages arrived`)
  const { streams, bytes, sessions } = cluster.store.usage
  return { ...size, readers: readers.length, joining, idle, sending, store: { streams, bytes, sessions } }
}

/** Rates without a bound: single readers send all messages. */
export const unlimited = { limits: { rate: 1e6, burst: 1e6, inflight: 10_000 } }

async function joinAll(cluster: ScaleCluster, size: AddressesSize, readers: Reader[]): Promise<void> {
  const { nodes } = cluster
  let next = 0
  for (let copy = 0; copy < size.copies; copy++) {
    for (let from = 0; from < size.addresses; from += perReader) {
      const count = Math.min(perReader, size.addresses - from)
      const addresses = Array.from({ length: count }, (_, i) => `#${from + i}`)
      // The copies of an address are at different nodes.
      const node = nodes[(from / perReader + copy) % nodes.length]
      if (node === undefined) throw new RangeError('unable to join: no node')
      readers.push(await cluster.until(Reader.connect(cluster.dialer(node), `user-${next++}`, addresses)))
    }
  }
  await cluster.untilTrue(() => readers.every(({ welcomed }) => welcomed))
  await cluster.time.settle()
}
