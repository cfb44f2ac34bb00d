import { Hub, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { expect, onTestFinished, test } from 'vitest'
import { type BunServer, bunHandler } from '../src/index.ts'

/** A server whose requests come from an address. It upgrades every request. */
const serverFor = (address: string): BunServer => ({ upgrade: () => true, requestIP: () => ({ address }) })

const request = (headers: Record<string, string> = {}): Request =>
  new Request('http://app.example/chat', {
    headers: { upgrade: 'websocket', host: 'app.example', ...headers },
  })

/** A hub with a connection from each of these addresses. */
async function hubWith(addresses: readonly string[]): Promise<Hub> {
  const hub = new Hub({ limits: { connectionsPerAddress: 1 } })
  onTestFinished(() => hub.close({ deadline: 0 }))
  const network = new MemoryNetwork(systemRuntime)
  network.listen('hub', hub)
  for (const remoteAddress of addresses) {
    const dial = network.dialer('hub', { remoteAddress })
    const connection = await dial({ protocols: [], signal: new AbortController().signal })
    connection.attach({ receive() {}, drain() {}, closed() {} })
  }
  return hub
}

test('an address over its limit is answered with 429 and Retry-After, and others are upgraded (SEC-12)', async () => {
  const chat = bunHandler(await hubWith(['192.0.2.7']), { path: '/chat' })

  const refused = await chat.fetch(request(), serverFor('192.0.2.7'))
  expect([refused?.status, Number(refused?.headers.get('retry-after'))]).toEqual([
    429,
    expect.toSatisfy((seconds) => seconds >= 1 && seconds <= 5),
  ])
  expect(await chat.fetch(request(), serverFor('192.0.2.8'))).toBeUndefined()
})

test('behind a trusted proxy the address is the client’s', async () => {
  const chat = bunHandler(await hubWith(['198.51.100.1']), { path: '/chat', trustProxy: 1 })
  const proxy = serverFor('10.0.0.1')

  expect((await chat.fetch(request({ 'x-forwarded-for': '6.6.6.6, 198.51.100.1' }), proxy))?.status).toBe(429)
  expect(await chat.fetch(request({ 'x-forwarded-for': '198.51.100.2' }), proxy)).toBeUndefined()
})

test('an `origins` that answers later upgrades the request when it has answered', async () => {
  const origins = async (origin: string): Promise<boolean> => origin === 'https://app.example'
  const chat = bunHandler(await hubWith([]), { path: '/chat', origins })
  const server = serverFor('192.0.2.7')

  expect(await chat.fetch(request({ origin: 'https://app.example' }), server)).toBeUndefined()
  expect((await chat.fetch(request({ origin: 'https://evil.example' }), server))?.status).toBe(403)
})
