import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Hub, type Limits, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { expect, onTestFinished, test } from 'vitest'
import { TestServer } from '../../../test-support/test-server.ts'
import { nodeHttpHandler } from '../src/node/index.ts'

interface Served {
  readonly hub: Hub
  readonly server: TestServer
  /** Opens a stream for an address, and resolves with its answer. */
  open(address: string): Promise<IncomingMessage>
}

async function served(limits: Partial<Limits>, hello = 5_000): Promise<Served> {
  const hub = new Hub({
    authenticate: ({ token }) => ({ id: String(token) }),
    limits,
    timeouts: { hello },
  })
  const chat = nodeHttpHandler(hub, { path: '/chat', trustProxy: 1 })
  const server = await TestServer.start((request, response) => void chat(request, response))
  onTestFinished(async () => {
    await server.stop()
    await hub.close({ deadline: 0 })
  })
  const open = async (address: string): Promise<IncomingMessage> => {
    const headers = { accept: 'text/event-stream', 'x-forwarded-for': address }
    const asked = httpRequest({ port: server.port, path: '/chat', headers, agent: false }).end()
    asked.on('error', () => {})
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    response.on('error', () => {})
    return response
  }
  return { hub, server, open }
}

test('one address cannot take all places, and a stream that ends makes room (SEC-12)', async () => {
  const { open } = await served({ connections: 4 })
  const streams = [await open('198.51.100.1'), await open('198.51.100.1')]
  expect(streams.map(({ statusCode }) => statusCode)).toEqual([200, 200])

  const refused = await open('198.51.100.1')
  expect([refused.statusCode, Number(refused.headers['retry-after'])]).toEqual([
    429,
    expect.toSatisfy((seconds) => seconds >= 1 && seconds <= 5),
  ])
  const other = await open('198.51.100.2')
  expect(other.statusCode).toBe(200)

  for (const stream of streams) stream.destroy()
  await expect.poll(async () => (await open('198.51.100.1')).statusCode).toBe(200)
})

test('streams without a `hello` give their places back in time', async () => {
  const { open } = await served({ handshakes: 2, handshakesPerAddress: 2 }, 100)
  const streams = [await open('198.51.100.1'), await open('198.51.100.1')]
  expect((await open('198.51.100.2')).statusCode).toBe(503)

  for (const stream of streams) {
    stream.resume()
    await once(stream, 'close')
  }
  expect((await open('198.51.100.2')).statusCode).toBe(200)
})

test('all transports of a hub share its places', async () => {
  const { hub, open } = await served({ connections: 1 })
  const network = new MemoryNetwork(systemRuntime)
  network.listen('hub', hub)
  const dialled = await network.dialer('hub')({ protocols: [], signal: new AbortController().signal })
  dialled.attach({ receive() {}, drain() {}, closed() {} })

  const refused = await open('198.51.100.1')
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, expect.any(String)])
})
