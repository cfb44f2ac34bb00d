import { Client, Hub, type HubOptions, type Runtime, systemRuntime } from '@chat/core'
import { onTestFinished, vi } from 'vitest'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { dial, type HttpDialOptions } from '../../src/client/index.ts'
import { handler } from '../../src/node/index.ts'
import { TestServer } from './server.ts'

/** Half a minute takes 1.5 s. Sockets keep their own time. */
export const fast: Runtime = {
  ...systemRuntime,
  now: () => systemRuntime.now() * 20,
  timer: (delay, callback) => systemRuntime.timer(delay / 20, callback),
}

/** Timeouts with which silence is noticed within a second, at the pace of the tests. */
export const impatient = { heartbeat: 10_000, grace: 5_000 }

/** A hub, a proxy before it that does what networks do, and clients that reach it over HTTP through the proxy alone. */
export async function throughProxy(options: HubOptions = {}) {
  const resumed: boolean[] = []
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
    runtime: fast,
    // A busy machine is no dead connection: only the tests of silence are impatient.
    timeouts: { heartbeat: 29_000, grace: 29_000 },
    ...options,
  })
  onTestFinished(() => hub.close({ deadline: 0 }))
  hub.on('$connect', (connect) => resumed.push(connect.resumed))
  const chat = handler(hub, { path: '/chat' })
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
    /** Whether each connection resumed its session. */
    resumed,
    /** What each POST that reached the hub was answered with. */
    statuses,
    enter: (token: string, more?: HttpDialOptions) =>
      Guest.enter(`http://127.0.0.1:${proxy.port}/chat`, token, more),
  }
}

/** A client in the lobby, with everything it was told, in order. */
export class Guest {
  readonly client: Client
  /** The data of the lobby's messages, and `gap: <reason>`. */
  readonly heard: unknown[] = []

  private constructor(url: string, token: string, more: HttpDialOptions = {}) {
    this.client = new Client({ dial: dial(url, more), token, runtime: fast, connectTimeout: 60_000 })
    onTestFinished(() => this.client.close())
  }

  static async enter(url: string, token: string, more?: HttpDialOptions): Promise<Guest> {
    const guest = new Guest(url, token, more)
    const lobby = guest.client.join('#lobby')
    lobby.on('say', (data) => guest.heard.push(data))
    lobby.on('$gap', ({ reason }) => guest.heard.push(`gap: ${reason}`))
    await lobby.ready
    return guest
  }

  /** Sends to the lobby. Resolves with how that ended: `ok`, or the error's code. */
  say(data: unknown): Promise<string> {
    return this.client
      .to('#lobby')
      .send('say', data)
      .then(
        () => 'ok',
        ({ code }) => code,
      )
  }

  /** Waits until something is true. */
  until(check: () => unknown): Promise<unknown> {
    return vi.waitFor(check, { timeout: 15_000, interval: 5 })
  }
}
