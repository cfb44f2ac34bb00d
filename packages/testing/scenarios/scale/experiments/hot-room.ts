import { Reader } from '../reader.ts'
import { type Measurement, ScaleCluster } from '../scale-cluster.ts'
import { unlimited } from './addresses.ts'

const messages = 200
const room = '#room'

/** Size of a run. */
export interface HotRoomSize {
  readonly nodes: number
  /** Members of the room. */
  readonly members: number
  /** Nodes on which the members are. */
  readonly nodesWithMembers: number
}

/** The counts of a run. */
export interface HotRoomResult extends HotRoomSize {
  readonly messages: number
  /** Messages to the room, from one member. */
  readonly sending: Measurement
}

/** Measures what a message costs in a room with members at several nodes. */
export async function measureHotRoom(size: HotRoomSize): Promise<HotRoomResult> {
  const cluster = new ScaleCluster({ nodes: size.nodes, hub: unlimited })
  const readers: Reader[] = []
  for (let i = 0; i < size.members; i++) {
    const node = cluster.nodes[i % size.nodesWithMembers]
    if (node === undefined) throw new RangeError('unable to join: no node')
    readers.push(await cluster.until(Reader.connect(cluster.dialer(node), `user-${i}`, [room])))
  }
  await cluster.untilTrue(() => readers.every(({ welcomed }) => welcomed))
  await cluster.time.settle()
  const sending = await cluster.measure(async () => {
    for (let n = 0; n < messages; n++) {
      readers[0]?.send(room, { n, text: '.'.repeat(100) })
      await cluster.time.advance(20)
    }
    await cluster.time.settle()
  })
  for (const { messages: received } of readers)
    if (received !== messages)
      throw new Error(`unable to measure: a member received ${received} of ${messages} messages`)
  return { ...size, messages, sending }
}
