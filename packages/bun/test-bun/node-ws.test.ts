import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from '@chat/browser'
import { Hub } from '@chat/core'
import type { Connection } from '@chat/core/transport'
import { attach } from '@chat/node-ws'
import { expect, test } from 'vitest'

/*
 * Bun replaces `ws` with its own version. These tests cover the capabilities that @chat/node-ws declares
 * there. `npm run test:runtimes` runs them in bun:test.
 */

test('@chat/node-ws works, declares no backpressure, and recommends @chat/bun once', async () => {
  const warned: string[] = []
  process.on('warning', ({ message }) => warned.push(message))
  const links: Connection[] = []
  const hub = new Hub({ authenticate: ({ token }) => (token === null ? null : { id: token }) })
  const accept = hub.accept.bind(hub)
  hub.accept = (connection, handshake) => {
    links.push(connection)
    accept(connection, handshake)
  }
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  attach(hub, server, { path: '/chat' })
  attach(hub, server, { path: '/other' })

  const { port } = server.address() as AddressInfo
  const client = connect(`ws://127.0.0.1:${port}/chat`, { token: 'alice' })
  const heard = new Promise((resolve) => client.on('say', resolve))
  await new Promise<void>((resolve) => {
    client.on('$status', ({ status }) => status === 'connected' && resolve())
  })
  await hub.to('@alice').send('say', 'hi')
  expect(await heard).toBe('hi')
  expect(links.map(({ capabilities }) => [capabilities.backpressure, capabilities.pause])).toEqual([
    [false, false],
  ])
  expect(warned.filter((text) => text.includes('@chat/bun'))).toHaveLength(1)
  client.close()
  await hub.close({ deadline: 0 })
  server.close()
})
