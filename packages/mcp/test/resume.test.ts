import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemRuntime } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { sqliteBackplane } from '@chat/sqlite'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolResultSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import Database from 'libsql'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { mcpEventStore } from '../src/index.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Steps of a tool, which a test takes one at a time. */
class Steps {
  readonly #waiting: (() => void)[] = []

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  take(): Promise<void> {
    return vi.waitFor(() => {
      const next = this.#waiting.shift()
      if (next === undefined) throw new Error('the tool has not come to its next step')
      next()
    })
  }
}

/** Makes a server whose tool reports its progress after each of five steps. */
function makeServer(steps: Steps): McpServer {
  const server = new McpServer({ name: 'counter', version: '1.0.0' }, { capabilities: { logging: {} } })
  server.registerTool('count', {}, async ({ _meta, sendNotification }) => {
    for (let progress = 1; progress <= 5; progress++) {
      await steps.wait()
      const progressToken = _meta?.progressToken ?? 0
      await sendNotification({ method: 'notifications/progress', params: { progressToken, progress } })
    }
    return { content: [{ type: 'text', text: 'counted' }] }
  })
  return server
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Listens, and returns the URL and a function that cuts all connections. */
async function listen(handle: Handler): Promise<{ url: URL; cut: () => void }> {
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => server.closeAllConnections()
  closing.push(() => {
    cut()
    server.close()
  })
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), cut }
}

/** Starts a server with a session of its own for the one client of a test. */
async function startSession(backplane: Backplane) {
  const session = 'session-1'
  const steps = new Steps()
  const server = makeServer(steps)
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => session,
    eventStore: mcpEventStore(backplane, session),
  })
  // The SDK's own types do not fit each other with exactOptionalPropertyTypes.
  await server.connect(transport as Transport)
  closing.push(() => server.close())
  const http = await listen((request, response) => transport.handleRequest(request, response))
  return { ...http, server, steps, session }
}

/** Connects a client, and calls `onOpen` for each stream that it has opened by a GET. */
async function connectClient(url: URL, onOpen: () => void = () => {}): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(url, {
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      if (init?.method === 'GET' && response.ok) onOpen()
      return response
    },
    reconnectionOptions: {
      initialReconnectionDelay: 10,
      maxReconnectionDelay: 50,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 20,
    },
  })
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(transport as Transport)
  closing.push(() => client.close())
  return client
}

const backplanes: [string, () => Backplane][] = [
  ['in memory', () => new MemoryBackplane(new MemoryStore(systemRuntime))],
  ['on SQLite', () => sqliteBackplane(new Database(':memory:'))],
]

describe.each(backplanes)('an event store %s', (_, make) => {
  test('a call goes on after the connection was cut, and its progress comes once', async () => {
    const backplane = make()
    closing.push(() => backplane.close())
    const { url, cut, steps } = await startSession(backplane)
    const client = await connectClient(url)
    const seen: number[] = []
    const options = { onprogress: ({ progress }: { progress: number }) => void seen.push(progress) }
    const called = client.callTool({ name: 'count' }, CallToolResultSchema, options)
    await steps.take()
    await steps.take()
    await vi.waitFor(() => expect(seen).toEqual([1, 2]))
    cut()
    await steps.take()
    await steps.take()
    await steps.take()
    expect(await called).toMatchObject({ content: [{ text: 'counted' }] })
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  test('messages of the server that no request has asked for come once, after each cut', async () => {
    const backplane = make()
    closing.push(() => backplane.close())
    const { url, cut, server } = await startSession(backplane)
    const seen: unknown[] = []
    let opened = 0
    const client = await connectClient(url, () => opened++)
    await vi.waitFor(() => expect(opened).toBe(1))
    client.setNotificationHandler(
      LoggingMessageNotificationSchema,
      ({ params }) => void seen.push(params.data),
    )
    const say = (data: number): Promise<void> => server.sendLoggingMessage({ level: 'info', data })
    await say(1)
    await vi.waitFor(() => expect(seen).toEqual([1]))
    for (const n of [2, 3, 4]) {
      cut()
      await say(n)
      await vi.waitFor(() => expect(seen).toHaveLength(n), 5_000)
    }
    expect(seen).toEqual([1, 2, 3, 4])
  })

  test('another process replays what it has not sent', async () => {
    const backplane = make()
    closing.push(() => backplane.close())
    const { url, steps, session } = await startSession(backplane)
    const first = await connectClient(url)
    let token = ''
    const call = { method: 'tools/call' as const, params: { name: 'count' } }
    const called = first.request(call, CallToolResultSchema, {
      onresumptiontoken: (id) => {
        token ||= id
      },
    })
    for (let n = 0; n < 5; n++) await steps.take()
    await called

    const other = await listen(async (request, response) => {
      const transport = new StreamableHTTPServerTransport({ eventStore: mcpEventStore(backplane, session) })
      await makeServer(new Steps()).connect(transport as Transport)
      await transport.handleRequest(request, response)
    })
    const response = await fetch(other.url, {
      headers: { accept: 'text/event-stream', 'last-event-id': token },
    })
    expect(response.status).toBe(200)
    const text = await readUntil(response, 'counted')
    expect(text.match(/"method":"notifications\/progress"/g)).toHaveLength(5)
    expect(text.match(/counted/g)).toHaveLength(1)
  })
})

async function readUntil({ body }: Response, end: string): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes(end)) return text
  }
  return text
}
