import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Hub } from '@chat/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nodeHttpHandler, nodePublishHandler } from '../src/node/index.ts'

const requests = 100

/** An application that decides when the test says so. */
function slowly(): {
  readonly asked: () => number
  readonly decide: () => void
  readonly ask: () => Promise<true>
} {
  let asked = 0
  const waiting: (() => void)[] = []
  return {
    asked: () => asked,
    decide: () => {
      for (const decide of waiting.splice(0)) decide()
    },
    ask: () => {
      asked++
      return new Promise((resolve) => waiting.push(() => resolve(true)))
    },
  }
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test.each([
  ['an event stream, with a reset', { ':path': '/chat', accept: 'text/event-stream' }, 'reset'],
  ['an event stream, with the session', { ':path': '/chat', accept: 'text/event-stream' }, 'session'],
  ['a message to publish, with a reset', { ':method': 'POST', ':path': '/publish' }, 'reset'],
  ['a message to publish, with the session', { ':method': 'POST', ':path': '/publish' }, 'session'],
] as const)(
  'SEC-12: a client of HTTP/2 that leaves while the application decides on %s, leaves nothing',
  async (_, headers, way) => {
    const application = slowly()
    const hub = new Hub()
    const origins = ['https://app.example']
    const chat = nodeHttpHandler(hub, { path: '/chat', origins: application.ask })
    const publish = nodePublishHandler(hub, { path: '/publish', origins, authenticate: application.ask })
    const server = createServer((request, response) => {
      if (!chat(request, response)) publish(request, response)
    })
    server.on('sessionError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const before = timers()
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    session.on('error', () => {})
    onTestFinished(async () => {
      session.destroy()
      server.close()
      await hub.close({ deadline: 0 })
    })

    const streams = Array.from({ length: requests }, () => {
      const origin = 'https://app.example'
      const stream = session.request({ ...headers, origin, 'content-type': 'application/json' })
      stream.on('error', () => {})
      return stream
    })
    await vi.waitUntil(() => application.asked() === requests)
    if (way === 'session') session.destroy()
    else for (const stream of streams) stream.close(8)
    await Promise.all(streams.map((stream) => stream.destroyed || once(stream, 'close')))
    application.decide()

    await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(before), { timeout: 15_000 })
    expect(hub.sessions).toEqual([])
    expect(hub.checkAdmission('127.0.0.1')).toBeNull()
  },
)
