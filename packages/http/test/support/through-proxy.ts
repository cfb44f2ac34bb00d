import { Client, Hub, type HubOptions } from '@chat/core'
import { onTestFinished, vi } from 'vitest'
import { fast } from '../../../../test-support/fast.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { Guest } from '../../../../test-support/guest.ts'
import { TestServer } from '../../../../test-support/test-server.ts'
import { dial, type HttpDialOptions } from '../../src/client/index.ts'
import { nodeHttpHandler } from '../../src/node/index.ts'

/**
 * Starts a hub, a proxy with network faults in front of it, and clients that reach the hub over HTTP only
 * through the proxy.
 */
export async function throughProxy(options: HubOptions = {}) {
  const resumed: boolean[] = []
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
    runtime: fast,
    // A busy machine must not look like a dead connection. Only the tests of silence use short timeouts.
    timeouts: { heartbeat: 29_000, heartbeatGrace: 29_000 },
    ...options,
  })
  onTestFinished(() => hub.close({ deadline: 0 }))
  hub.on('$connect', (connect) => resumed.push(connect.resumed))
  const chat = nodeHttpHandler(hub, { path: '/chat' })
  const statuses: number[] = []
  const server = await TestServer.start((request, response) => {
    response.once('finish', () => request.method === 'POST' && statuses.push(response.statusCode))
    chat(request, response)
  })
  onTestFinished(() => server.stop())
  const proxy = await FaultProxy.start(server.port)
  onTestFinished(() => proxy.close())
  return {
    hub,
    proxy,
    /** `true` for each connection that resumed its session. */
    resumed,
    /** Status of the answer to each POST that reached the hub. */
    statuses,
    enter: (token: string, more?: HttpDialOptions) =>
      enterAt(`http://127.0.0.1:${proxy.port}/chat`, token, more),
  }
}

/** Enters the lobby with a client that connects to a URL. */
export const enterAt = (url: string, token: string, more: HttpDialOptions = {}): Promise<Guest> =>
  Guest.enter(new Client({ dial: dial(url, more), token, runtime: fast, connectTimeout: 60_000 }))

/** Waits until an expectation holds. */
export const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 15_000, interval: 5 })
