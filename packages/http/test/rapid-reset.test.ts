import { once } from 'node:events'
import { createServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Hub } from '@chat/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nodeHttpHandler } from '../src/node/index.ts'
import { frame, frameType, headerBlock, preface, reset } from './support/http2-frames.ts'
import { TestHub } from './support/test-hub.ts'

const sessions = 5
/** Below the number of resets in a row at which Node ends a session. */
const resets = 400

/** Collects garbage, and returns the bytes that the heap holds. */
const collect = (): number => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

async function serve(hub: Hub | TestHub): Promise<{ port: number; requests: () => number }> {
  const chat = nodeHttpHandler(hub, { path: '/chat' })
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    if (!chat(request, response)) response.writeHead(404).end()
  })
  server.on('sessionError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, requests: () => requests }
}

/** Each request is followed by its reset, in the same bytes. */
function rapidResets(headers: Readonly<Record<string, string>>): Buffer {
  const block = headerBlock({ ':path': '/chat', ...headers })
  const frames: Buffer[] = [preface]
  for (let stream = 1; stream < 2 * resets; stream += 2)
    frames.push(frame(frameType.headers, stream, block, headers[':method'] !== 'POST'), reset(stream))
  return Buffer.concat(frames)
}

/** Starts requests on many sessions, resets each at once, and ends the sessions. */
async function attack(port: number, headers: Readonly<Record<string, string>>): Promise<void> {
  const bytes = rapidResets(headers)
  for (let i = 0; i < sessions; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write(bytes)
    await new Promise((resolve) => setTimeout(resolve, 10))
    socket.end()
  }
}

test.each([
  ['streams', { ':method': 'GET', accept: 'text/event-stream' }],
  [
    'posts of unknown connections',
    { ':method': 'POST', 'content-type': 'application/json', 'chat-connection': 'x', 'chat-seq': '1' },
  ],
  [
    'preflights of foreign pages',
    { ':method': 'OPTIONS', origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  ],
  ['requests for a wrong type', { ':method': 'POST', 'content-type': 'text/plain' }],
])('requests over HTTP/2 that are reset at once leave no timer and no memory: %s', async (_kind, headers) => {
  const hub = new Hub({ authenticate: () => ({ id: 'alice' }) })
  onTestFinished(() => hub.close({ deadline: 0 }))
  const { port, requests } = await serve(hub)
  const timersBefore = timers()
  await attack(port, headers)
  await vi.waitFor(() => expect(requests()).toBe(sessions * resets))
  const heapBefore = collect()

  await attack(port, headers)

  await vi.waitFor(() => expect(requests()).toBe(2 * sessions * resets))
  // What a timer of seconds held would still be there.
  await vi.waitFor(() => expect(timers()).toBeLessThan(timersBefore + 20), 500)
  expect(collect() - heapBefore).toBeLessThan(2_000_000)
})

test('a stream over HTTP/2 that is reset at once opens no connection at the hub', async () => {
  const host = new TestHub()
  const { port, requests } = await serve(host)

  await attack(port, { ':method': 'GET', accept: 'text/event-stream' })

  await vi.waitFor(() => expect(requests()).toBe(sessions * resets))
  // A reset that arrives in another packet than its request may come too late.
  expect(host.peers.length).toBeLessThan(resets / 10)
  await vi.waitFor(() => expect(host.open).toBe(0))
})
