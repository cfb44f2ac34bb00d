import { Agent } from 'node:http'
import { Client, type RoomAddress } from '@chat/core'
import { dial } from '@chat/http/client'
import { connect } from '@chat/node-ws'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { isInstalled } from '../brokers/broker-process.ts'
import { type ProxyName, ProxyProcess } from './proxy-process.ts'
import { type Served, startTwoHubs } from './two-hubs.ts'

const names: readonly ProxyName[] = ['nginx', 'haproxy', 'caddy']
const missing = names.filter((name) => !isInstalled(name))
if (missing.length > 0) console.log(`not installed: ${missing.join(', ')}; their tests are left out`)
const complete = (name: ProxyName): boolean => Boolean(process.env['CI']) || !missing.includes(name)

const heartbeat = 300
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end()
})

interface Scene {
  readonly proxy: ProxyProcess
  readonly hubs: readonly [a: Served, b: Served]
  /** URL of the hubs behind the proxy, without its scheme. */
  readonly place: string
  readonly overWebSocket: (user: string, options?: object) => Client
  readonly overHttp: (user: string, headers?: Record<string, string>) => Client
}

async function start(name: ProxyName, idle?: string): Promise<Scene> {
  const hubs = await startTwoHubs(heartbeat)
  undo.push(
    ...hubs.map(
      ({ deploy, server }) =>
        () =>
          server.server.listening ? deploy() : null,
    ),
  )
  const ports = [hubs[0].server.port, hubs[1].server.port] as const
  const proxy = await ProxyProcess.start(name, { hubs: ports, ...(idle !== undefined && { idle }) })
  undo.push(() => proxy.stop())
  const place = `127.0.0.1:${proxy.port}`
  const keep = (client: Client): Client => {
    undo.push(() => client.close())
    return client
  }
  return {
    proxy,
    hubs,
    place,
    overWebSocket: (user, options) => keep(connect(`ws://${place}/chat`, { token: user, ...options })),
    overHttp: (user, headers = {}) =>
      keep(new Client({ token: user, dial: dial(`http://${place}/chat`, { headers }) })),
  }
}

/** Joins a room, and collects the messages and gaps of it. */
async function listen(client: Client, room: RoomAddress): Promise<unknown[]> {
  const heard: unknown[] = []
  const handle = client.join(room)
  handle.on('say', (data) => heard.push(data))
  handle.on('$gap', (gap) => heard.push(gap))
  await handle.ready
  return heard
}

const addresses = (hubs: readonly Served[]): string[] =>
  hubs
    .flatMap(({ hub }) => hub.sessions.map(({ user, remoteAddress }) => `${user.id} ${remoteAddress}`))
    .sort()

describe.each(names)('%s, with the configuration of the guide', (name) => {
  test.skipIf(!complete(name))(
    'passes the upgrade, the origin with its port, and the address of the client',
    async () => {
      const { hubs, place, overWebSocket, overHttp } = await start(name)
      const origin = `http://${place}`
      const forged = { 'x-forwarded-for': '192.0.2.1' }
      const elsewhere = { agent: new Agent({ localAddress: '127.0.0.2' }), headers: forged, origin }
      await overWebSocket('alice', elsewhere).join('#lobby').ready
      await overHttp('bob', { origin, ...forged }).join('#lobby').ready
      expect(addresses(hubs)).toEqual(['alice 127.0.0.2', 'bob 127.0.0.1'])

      const foreign = overWebSocket('mallory', { origin: 'http://127.0.0.1:1' })
      const { error } = await new Promise<{ error?: Error | undefined }>((told) =>
        foreign.on('$status', told),
      )
      expect(error?.message).toContain('403')
    },
  )

  test.skipIf(!complete(name))(
    'passes event streams unbuffered, and each POST to the hub of its stream',
    async () => {
      const { hubs, overHttp } = await start(name)
      const clients = ['alice', 'bob', 'carol', 'dave'].map((user) => overHttp(user))
      const heard = await Promise.all(clients.map((client) => listen(client, '#lobby')))
      const begun = Date.now()
      for (const client of clients) await client.to('#lobby').send('say', 'hi')
      await vi.waitFor(() => expect(heard.map(({ length }) => length)).toEqual([4, 4, 4, 4]))
      expect(Date.now() - begun).toBeLessThan(2_000)
      expect(hubs.map(({ hub }) => hub.sessions.length)).toEqual([2, 2])
    },
  )

  test.skipIf(!complete(name))(
    'keeps idle connections for longer than its timeout, because the hub pings',
    async () => {
      const { overWebSocket, overHttp } = await start(name, '1s')
      const clients = [overWebSocket('alice'), overHttp('bob')]
      for (const client of clients) await client.join('#lobby').ready
      const changes: unknown[] = []
      for (const client of clients) client.on('$status', (change) => changes.push(change))
      await new Promise((over) => setTimeout(over, 2_500))
      expect(changes).toEqual([])
    },
  )

  test.skipIf(!complete(name))(
    'leads all clients to the other hub during a deploy, and no message is lost',
    async () => {
      const { hubs, overWebSocket, overHttp } = await start(name)
      const clients = [1, 2, 3].flatMap((n) => [overWebSocket(`ws ${n}`), overHttp(`http ${n}`)])
      const heard = await Promise.all(clients.map((client) => listen(client, '#lobby')))
      const [a, b] = hubs
      expect(a.hub.sessions.length).toBeGreaterThan(0)

      const sends: Promise<unknown>[] = []
      let done = false
      const deploy = a.deploy().then(() => {
        done = true
      })
      while (!done) {
        const sender = clients[sends.length % clients.length]
        sends.push(sender?.to('#lobby').send('say', sends.length) ?? Promise.reject())
        await new Promise((over) => setTimeout(over, 50))
      }
      await deploy
      await Promise.all(sends)
      await vi.waitFor(() => expect(b.hub.sessions).toHaveLength(6), 10_000)
      await vi.waitFor(
        () => expect(heard.map(({ length }) => length)).toEqual(clients.map(() => sends.length)),
        10_000,
      )
      // Every client has heard each message once, in the same order, and no gap.
      expect(heard).toEqual(clients.map(() => heard[0]))
      expect(new Set(heard[0])).toEqual(new Set(sends.keys()))
      expect(sends.length).toBeGreaterThan(5)
    },
  )
})
