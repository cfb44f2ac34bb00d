import { Client, Hub, readStreams, type StreamReader, systemRuntime, type User } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until, within } from '../../../test-support/brokers/until.ts'
import { Names } from '../src/names.ts'
import { Nodes } from './support/nodes.ts'
import { withNats } from './support/with-nats.ts'

describe.runIf(withNats)('a stream that is written for longer than the server keeps its beginning', () => {
  let nodes: Nodes
  let hub: Hub
  const network = new MemoryNetwork(systemRuntime)
  const clients: Client[] = []
  beforeEach(async () => {
    nodes = await Nodes.start()
    hub = new Hub({
      backplane: await nodes.node(),
      authenticate: ({ token }): User => ({ id: token ?? '' }),
      authorize: () => true,
      logErrors: false,
    })
    network.listen('hub', hub)
  })
  afterEach(async () => {
    for (const client of clients) client.close()
    await hub.close({ deadline: 0 })
    await nodes.end()
  })

  /** Connects a client that reads the first stream of the room. */
  async function reader(token: string): Promise<StreamReader> {
    const client = new Client({ dial: network.dialer('hub'), token, streams: readStreams, logErrors: false })
    clients.push(client)
    const found = new Promise<StreamReader>((resolve) =>
      client.join('#room', { last: 10 }).on('answer', (answer) => resolve(answer as StreamReader)),
    )
    const answer = await within('the stream', found)
    void answer.result
    return answer
  }

  /** Lets the server keep the parts of open streams for two seconds. */
  async function shorten(): Promise<void> {
    const { openStream } = new Names(nodes.prefix)
    const { config } = await nodes.admin.call<{ config: object }>(`STREAM.INFO.${openStream}`)
    await nodes.admin.call(`STREAM.UPDATE.${openStream}`, { ...config, max_age: 2_000_000_000 })
  }

  test('reads as lost, also for readers that have all of it, and its writer is told (P-SM-10, P-SM-3)', async () => {
    const writer = await hub.to('#room').stream('answer', { start: 'a' })
    const early = await reader('alice')
    await until('the beginning', () => early.value === 'a')
    // A node that starts sets the limits of the server.
    const other = await nodes.node()
    await shorten()
    let whole = 'a'
    await until('the server to remove the beginning', async () => {
      await writer.write('b')
      whole += 'b'
      return (await other.read(writer.address, { after: 0, limit: 1 })).base > 0
    })
    await until('all parts at the early reader', () => early.value === whole)
    expect(early.state).toBe('open')
    const late = await reader('bob')
    expect(await within('the late result', late.result)).toMatchObject({ state: 'lost', complete: false })
    await expect(writer.end()).rejects.toMatchObject({ code: 'not_found' })
    expect(await within('the early result', early.result)).toMatchObject({
      state: 'lost',
      value: whole,
      complete: false,
    })
  })
})
