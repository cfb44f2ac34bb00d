import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RedisCluster } from '../../../test-support/brokers/redis-cluster.ts'
import { until } from '../../../test-support/brokers/until.ts'
import { encodeName } from '../src/keys.ts'
import { slotOf } from '../src/slot.ts'
import { countReconnects, readData, Sender, startNode } from './support/node.ts'
import { withRedis } from './support/with-redis.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)
/** The slot of a log's keys. */
const slotOfLog = (stream: string): number => slotOf(`{${encodeName(stream)}}`)

describe.runIf(withRedis)('a cluster with faults', () => {
  let cluster: RedisCluster
  let stream = '#room-0'
  let tests = 0
  beforeAll(async () => {
    cluster = await RedisCluster.start({ replicas: 1 })
  }, 60_000)
  afterAll(() => cluster.close())
  beforeEach(() => {
    stream = `#room-${++tests}`
  })

  test.each([true, false])(
    'a slot that moves under traffic, sharded %s: all is stored once, in order, and heard',
    async (sharded) => {
      const options = { nodes: cluster.addresses, sharded, timeout: 2_000, prefix: `moves-${sharded}` }
      const [node, reader] = [await startNode(options), await startNode(options)]
      const heard = new Set<number>()
      reader.tail(stream, ({ entry }) => heard.add(entry.at))
      await reader.read(stream, { after: 0, limit: 1 })
      // As a hub does, the reader looks at the log after each reconnect.
      const lookAgain = async (): Promise<void> => {
        for (const { at } of (await reader.read(stream, { after: 0, limit: 1_000 })).entries) heard.add(at)
      }
      reader.onReconnect(() => void lookAgain())
      const sender = new Sender(node, stream)
      let sent = 0
      let moving = true
      const traffic = (async () => {
        for (; moving; sent++) await sender.send()
      })()
      for (let move = 0; move < 3; move++) await cluster.moveSlot(slotOfLog(stream))
      moving = false
      await traffic
      for (let n = 0; n < 10; n++, sent++) await sender.send()
      expect(await readData(node, stream)).toEqual(numbers(sent))
      await until('all messages at the reader', () => heard.size === sent)
    },
    60_000,
  )

  test('48 appends in flight over slot moves, each behind the one before: no conflict, order kept', async () => {
    const node = await startNode({ nodes: cluster.addresses, timeout: 2_000, prefix: 'pipelined' })
    const sender = new Sender(node, stream)
    await sender.send()
    const moving = (async () => {
      for (let move = 0; move < 4; move++) await cluster.moveSlot(slotOfLog(stream))
    })()
    for (let round = 0; round < 12; round++) await sender.sendTogether(48)
    await moving
    expect(await readData(node, stream)).toEqual(numbers(1 + 12 * 48))
  }, 60_000)

  test('a primary that is killed: its replica goes on, hubs are told, and hints come again', async () => {
    const node = await startNode({ nodes: cluster.addresses, timeout: 2_000, prefix: 'failover' })
    const heard: number[] = []
    node.tail(stream, ({ entry }) => heard.push(entry.at))
    const sender = new Sender(node, stream)
    for (let n = 0; n < 20; n++) await sender.send()
    const reconnects = countReconnects(node)
    const primary = await cluster.primaryOf(slotOfLog(stream))
    await until('a replica in step', async () =>
      /state=online/.test(await primary.command('INFO', 'replication')),
    )
    await primary.kill()
    for (let n = 0; n < 20; n++) await sender.send()
    await until('the reconnect', () => reconnects.count > 0, 30_000)
    await sender.send()
    await until('the hint', () => heard.includes(41))
    expect(await readData(node, stream)).toEqual(numbers(41))
  }, 60_000)
})
