import { describe, expect, test } from 'vitest'
import { until } from '../../../../test-support/brokers/until.ts'
import { Keys } from '../../src/keys.ts'
import { Sender, startNode, startServer } from '../support/node.ts'
import { withRedis } from '../support/with-redis.ts'

describe.runIf(withRedis)('a text of another program where hints are', () => {
  const keys = new Keys('chat', 1)

  test('is no hint of a log, and ends no process', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const heard: string[] = []
    node.tail('#room', ({ entry }) => heard.push(entry.id))
    await node.read('#room', { before: null, limit: 1 })
    for (const text of ['l', 'lost', 'l\n1\n2\n3\n{'])
      await server.command('PUBLISH', keys.channel('#room'), text)
    await new Sender(node).send()
    await until('the hint', () => heard.length > 0)
    expect(heard).toEqual(['s1.1'])
  })

  test('is no hint of presence, and ends no process', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const heard: number[] = []
    node.presence.watch('#room', ({ changes }) => heard.push(changes.length))
    await node.presence.members('#room', null)
    await server.command('PUBLISH', keys.room('#room').channel, 'p\n1\n2\nnobody')
    const session = { session: 's', user: 'u', generation: 1, node: 'n', state: '{}' }
    await node.presence.enter('#room', [session], { ttl: 30_000, keep: 30_000 })
    await until('the hint', () => heard.length > 0)
    expect(heard).toEqual([1])
  })
})
