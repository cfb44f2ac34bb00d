import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { FaultProxy, type Way } from '../../../../test-support/fault-proxy.ts'

/** One end of a connection, with what it has read. */
class End {
  readonly socket: Socket
  readonly chunks: Buffer[] = []
  readonly ends: string[] = []
  #look: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => this.#note(() => this.chunks.push(chunk)))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => this.#note(() => this.ends.push(code ?? '')))
    socket.on('end', () => this.#note(() => this.ends.push('end')))
    socket.on('close', () => this.#note(() => this.ends.push('closed')))
    onTestFinished(() => void socket.destroy())
  }

  get read(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  async until(condition: (end: End) => boolean): Promise<void> {
    while (!condition(this))
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
  }

  #note(happened: () => void): void {
    happened()
    this.#look()
  }
}

async function proxied(up: Partial<Way> = {}, down: Partial<Way> = {}) {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await FaultProxy.start((server.address() as AddressInfo).port)
  onTestFinished(() => proxy.close())
  onTestFinished(() => void server.close())
  Object.assign(proxy.up, up)
  Object.assign(proxy.down, down)
  const join = async ({ allowHalfOpen = false } = {}): Promise<{ client: End; server: End }> => {
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const client = new End(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen }))
    return { client, server: new End((await accepted)[0]) }
  }
  return { proxy, join, ...(await join()) }
}

const text = (length: number): string =>
  Array.from({ length }, (_, i) => String.fromCharCode(33 + (i % 90))).join('')

test('without a fault, all bytes and both ends pass', async () => {
  const { proxy, client, server } = await proxied()
  client.socket.end(text(1_000).repeat(1_000))
  await server.until(({ ends }) => ends.includes('end'))
  server.socket.end(text(1_000))
  await client.until(({ ends }) => ends.includes('closed'))

  expect(server.read).toBe(text(1_000).repeat(1_000))
  expect(client.read).toBe(text(1_000))
  expect(client.ends).toEqual(['end', 'closed'])
  expect([proxy.up.passed, proxy.down.passed]).toEqual([1_000_000, 1_000])
})

test('latency applies to each byte, not to all waiting bytes together', async () => {
  const { client, server } = await proxied({ latency: 60 })
  const start = performance.now()
  for (let i = 0; i < 10; i++) {
    client.socket.write(String(i))
    await new Promise(setImmediate)
  }
  await server.until(({ read }) => read.length === 10)

  expect(server.read).toBe('0123456789')
  expect(performance.now() - start).toBeGreaterThanOrEqual(59)
  expect(performance.now() - start).toBeLessThan(500)
})

test('at most one slice arrives at once', async () => {
  const { client, server } = await proxied({ slice: 7 })
  client.socket.write(text(700))
  await server.until(({ read }) => read.length === 700)

  expect(server.read).toBe(text(700))
  // The receiver's kernel may join what it has not read yet, on a busy machine most of it.
  expect(server.chunks.length).toBeGreaterThan(1)
})

test('bandwidth is shared out evenly', async () => {
  const { client, server } = await proxied({}, { bandwidth: 100_000 })
  const start = performance.now()
  server.socket.write(text(20_000))
  await client.until(({ read }) => read.length > 2_000)
  expect(client.read.length).toBeLessThan(18_000)
  await client.until(({ read }) => read.length === 20_000)

  expect(performance.now() - start).toBeGreaterThan(180)
  expect(client.read).toBe(text(20_000))
})

describe('a black hole', () => {
  test('of one direction leaves the other alone, and heals with the late data, whole and in order', async () => {
    const { proxy, client, server } = await proxied()
    proxy.stall('up')
    for (let i = 0; i < 10; i++) client.socket.write(text(1_000))
    server.socket.write('down')
    await client.until(({ read }) => read === 'down')
    expect(server.read).toBe('')
    proxy.heal()
    await server.until(({ read }) => read.length === 10_000)

    expect(server.read).toBe(text(1_000).repeat(10))
  })

  test('hides that a peer has gone, until it heals', async () => {
    const { proxy, client, server } = await proxied()
    proxy.stall('up')
    client.socket.resetAndDestroy()
    await client.until(({ ends }) => ends.includes('closed'))
    server.socket.write('are you there?')
    await vi.waitFor(() => expect(proxy.down.passed).toBeGreaterThan(0), { interval: 1 })
    expect(server.ends).toEqual([])
    proxy.heal()

    await server.until(({ ends }) => ends.includes('closed'))
  })

  test('can swallow open connections and let new ones pass', async () => {
    const { proxy, client, server, join } = await proxied()
    proxy.strand()
    client.socket.write('old')
    const fresh = await join()
    fresh.client.socket.write('new')
    await fresh.server.until(({ read }) => read === 'new')
    expect(server.read).toBe('')
    proxy.heal()

    await server.until(({ read }) => read === 'old')
  })
})

test('a reset reaches both ends', async () => {
  const { proxy, client, server } = await proxied()
  proxy.reset()
  for (const end of [client, server]) await end.until(({ ends }) => ends.includes('closed'))

  expect([client.ends, server.ends]).toEqual([
    ['ECONNRESET', 'closed'],
    ['ECONNRESET', 'closed'],
  ])
  expect(proxy.open).toBe(0)
})

test('a cut is a reset after so many bytes, once', async () => {
  const { proxy, client, server, join } = await proxied({}, { cutAfter: 333 })
  server.socket.write(text(1_000))
  await client.until(({ ends }) => ends.includes('closed'))
  expect(client.read).toBe(text(333))

  const next = await join()
  next.server.socket.write(text(1_000))
  await next.client.until(({ read }) => read.length === 1_000)
  expect(proxy.accepted).toBe(2)
})

test('a half-closed connection goes on in the other direction', async () => {
  const { proxy, join } = await proxied()
  const { client, server } = await join({ allowHalfOpen: true })
  proxy.halfClose('down')
  await client.until(({ ends }) => ends.includes('end'))
  client.socket.write('still here')
  await server.until(({ read }) => read === 'still here')

  expect(server.ends).toEqual([])
})

test('a refused client is reset, and so is a client whose target does not listen', async () => {
  const { proxy } = await proxied()
  const unused = createServer().listen(0, '127.0.0.1')
  await once(unused, 'listening')
  proxy.target = (unused.address() as AddressInfo).port
  unused.close()
  for (const refusing of [true, false]) {
    proxy.refusing = refusing
    const end = new End(connect(proxy.port, '127.0.0.1'))
    await end.until(({ ends }) => ends.includes('closed'))
    expect(end.ends).toEqual(['ECONNRESET', 'closed'])
  }
})
