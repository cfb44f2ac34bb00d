import { describe, expect, test } from 'vitest'
import { pause, until } from '../../../test-support/brokers/until.ts'
import { encodeName } from '../src/keys.ts'
import {
  codeOf,
  countReconnects,
  readData,
  Sender,
  startNode,
  startProxy,
  startServer,
} from './support/node.ts'
import { withRedis } from './support/with-redis.ts'

const key = (part: string): string => `chat:{${encodeName('#room')}}:${part}`
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

describe.runIf(withRedis)('a server with faults', () => {
  test.each(['l', 'm'])('a log whose key %s was evicted has another epoch, and no hole', async (part) => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    for (let n = 0; n < 5; n++) await sender.once()
    const before = await node.read('#room', { after: 0, limit: 10 })
    await server.command('DEL', key(part))
    const after = await node.read('#room', { after: 2, limit: 10 })
    expect(after.epoch).not.toBe(before.epoch)
    expect(after.entries).toEqual([])
    expect(after.base).toBe(after.top)
    const next = await sender.send()
    expect(next).toMatchObject({ outcome: 'stored', epoch: after.epoch, at: after.top + 1 })
  })

  test('an append finds that the list has lost entries, too', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    const { epoch } = (await sender.once()) as { epoch: string }
    await sender.once()
    await server.command('LPOP', key('l'))
    expect(await sender.once()).toMatchObject({ outcome: 'stored', at: 3 })
    const page = await node.read('#room', { after: 0, limit: 10 })
    expect(page.epoch).not.toBe(epoch)
    expect(page.entries.map(({ at }) => at)).toEqual([3])
  })

  test('25 cuts between a request and its answer: each call settles, and nothing is stored twice', async () => {
    const server = await startServer()
    const proxy = await startProxy(server.port)
    const node = await startNode({ url: `redis://127.0.0.1:${proxy.port}` })
    const sender = new Sender(node)
    const other = await startNode({ url: server.url })
    for (let cut = 0; cut < 25; cut++) {
      proxy.down.cutAfter = 1
      await sender.send()
    }
    expect(await readData(other)).toEqual(numbers(25))
  }, 60_000)

  test('after each loss of the subscriber, onReconnect comes, and hints are complete behind it', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const heard: number[] = []
    node.tail('#room', ({ entry }) => heard.push(Number(entry.data)))
    const reconnects = countReconnects(node)
    const sender = new Sender(node)
    for (let kill = 1; kill <= 5; kill++) {
      await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await until('the reconnect', () => reconnects.count >= kill)
      const { top } = await node.read('#room', { after: 0, limit: 1 })
      await sender.once()
      await until('the hint', () => heard.at(-1) === top + 1)
    }
  })

  test('a way of hints that is dead without being closed is found, and made anew', async () => {
    const server = await startServer()
    const proxy = await startProxy(server.port)
    const node = await startNode({ url: `redis://127.0.0.1:${proxy.port}`, timeout: 500 })
    const other = new Sender(await startNode({ url: server.url }))
    const heard: number[] = []
    node.tail('#room', ({ entry }) => heard.push(entry.at))
    await node.read('#room', { after: 0, limit: 1 })
    const reconnects = countReconnects(node)
    proxy.strand('down')
    await until('the reconnect', () => reconnects.count > 0)
    await other.once()
    await until('the hint', () => heard.length > 0)
  })

  test('after SCRIPT FLUSH under traffic, all is stored once and in order', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    for (let n = 0; n < 60; n++) {
      if (n % 10 === 5) await server.command('SCRIPT', 'FLUSH')
      await sender.send()
    }
    expect(await readData(node)).toEqual(numbers(60))
  })

  test('without memory, appends are unavailable, and go on when there is memory', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    await sender.once()
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    expect(await codeOf(() => sender.once())).toBe('unavailable')
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    expect(await sender.send()).toMatchObject({ outcome: 'stored' })
    expect(await readData(node)).toEqual([1, 3])
  })

  test('a server that pauses longer than the timeout: calls are unavailable, and repeated once', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url, timeout: 300 })
    const sender = new Sender(node)
    await sender.once()
    await server.command('CLIENT', 'PAUSE', 1_500, 'ALL')
    expect(await codeOf(() => node.read('#room', { after: 0, limit: 1 }))).toBe('unavailable')
    for (let n = 0; n < 10; n++) await sender.send()
    expect(await readData(node)).toEqual(numbers(11))
  })

  test('a server that restarts without its data: another epoch, and hints go on', async () => {
    const server = await startServer()
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    const first = await sender.once()
    const heard: number[] = []
    node.tail('#room', ({ entry }) => heard.push(entry.at))
    const reconnects = countReconnects(node)
    await server.kill()
    expect(await codeOf(() => node.probe())).toBe('unavailable')
    await server.restart()
    await until('the reconnect', () => reconnects.count > 0)
    const second = await sender.send()
    expect(second).toMatchObject({ outcome: 'stored', at: 1 })
    expect((second as { epoch: string }).epoch).not.toBe((first as { epoch: string }).epoch)
    await until('the hint', () => heard.length > 0)
  })

  test('an append-only file that lost its end: the same epoch, an older top, no half entry', async () => {
    const server = await startServer({ persistent: true })
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    for (let n = 0; n < 20; n++) await sender.once()
    const before = await node.read('#room', { after: 0, limit: 100 })
    await pause(1_200)
    await server.kill()
    server.truncateLog(500)
    await server.restart()
    await until('the server', async () => (await codeOf(() => node.probe())) === null)
    const after = await node.read('#room', { after: 0, limit: 100 })
    expect(after.epoch).toBe(before.epoch)
    expect(after.top).toBeLessThan(before.top)
    expect(after.entries).toEqual(before.entries.slice(0, after.top))
    expect(after.topId).toBe(after.entries.at(-1)?.id)
  })

  test('a replica that takes the place of the primary is left again: writes go to the primary', async () => {
    const server = await startServer()
    const other = await startServer()
    const node = await startNode({ url: server.url })
    const sender = new Sender(node)
    await sender.once()
    await server.command('REPLICAOF', '127.0.0.1', other.port)
    expect(await codeOf(() => sender.once())).toBe('unavailable')
    await server.command('REPLICAOF', 'NO', 'ONE')
    expect(await sender.send()).toMatchObject({ outcome: 'stored' })
  })
})
