import { Reader } from '../reader.ts'
import { type Measurement, ScaleCluster } from '../scale-cluster.ts'
import { unlimited } from './addresses.ts'

const changes = 50
const room = '#room'

/** Size of a run. */
export interface PresenceSize {
  readonly nodes: number
  /** Members of the room, at all nodes. */
  readonly members: number
}

/** The counts of a run. */
export interface PresenceResult extends PresenceSize {
  readonly changes: number
  /** Members that join, one by one. */
  readonly entering: Measurement
  /** The same members leave, one by one. */
  readonly leaving: Measurement
}

/** Measures what a change of membership costs in a room with presence. */
export async function measurePresence(size: PresenceSize): Promise<PresenceResult> {
  const cluster = new ScaleCluster({ nodes: size.nodes, hub: { ...unlimited, presence: {} } })
  const connect = async (user: string, addresses: readonly string[], index: number): Promise<Reader> => {
    const node = cluster.nodes[index % size.nodes]
    if (node === undefined) throw new RangeError('unable to join: no node')
    return cluster.until(Reader.connect(cluster.dialer(node), user, addresses))
  }
  const readers: Reader[] = []
  for (let i = 0; i < size.members; i++) readers.push(await connect(`user-${i}`, [room], i))
  const guests: Reader[] = []
  for (let i = 0; i < changes; i++) guests.push(await connect(`guest-${i}`, [], i))
  await cluster.untilTrue(() => [...readers, ...guests].every(({ welcomed }) => welcomed))
  await cluster.time.advance(5_000)
  const change = (what: 'join' | 'leave'): Promise<Measurement> =>
    cluster.measure(async () => {
      for (const guest of guests) {
        guest.change(what, room)
        await cluster.time.advance(1_000)
      }
      await cluster.time.settle()
    })
  const entering = await change('join')
  const leaving = await change('leave')
  return { ...size, changes, entering, leaving }
}
