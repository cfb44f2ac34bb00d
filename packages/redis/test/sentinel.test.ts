import { expect, test } from 'vitest'
import { primaryName, RedisSentinels } from '../../../test-support/brokers/redis-sentinel.ts'
import { until } from '../../../test-support/brokers/until.ts'
import { countReconnects, readData, Sender, startNode } from './support/node.ts'
import { withRedis } from './support/with-redis.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

test.runIf(withRedis)(
  'sentinels replace a primary that is killed: all is stored once and in order, and hints come again',
  async ({ onTestFinished }) => {
    const sentinels = await RedisSentinels.start()
    onTestFinished(() => sentinels.close())
    const node = await startNode({ sentinels: sentinels.addresses, primaryName, timeout: 2_000 })
    const heard: number[] = []
    node.tail('#room', ({ entry }) => heard.push(entry.at))
    const sender = new Sender(node)
    for (let n = 0; n < 20; n++) await sender.send()
    const reconnects = countReconnects(node)
    await sentinels.primary.kill()
    for (let n = 0; n < 20; n++) await sender.send()
    await until('the reconnect', () => reconnects.count > 0, 30_000)
    await sender.send()
    await until('the hint', () => heard.includes(41))
    expect(await readData(node)).toEqual(numbers(41))
  },
  60_000,
)
