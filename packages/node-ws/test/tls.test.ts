import { Agent, createServer } from 'node:https'
import { expect, test, vi } from 'vitest'
import { attach, dial } from '../src/index.ts'
import { StandIn, watch } from './support/hub.ts'
import { startServer } from './support/server.ts'
import { tls } from './support/tls.ts'

async function started() {
  const { server, port } = await startServer(createServer(tls))
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  return { hub, url: `wss://127.0.0.1:${port}/chat` }
}

const asked = () => ({ protocols: ['chat.v1.json'], signal: new AbortController().signal })

test('a hub of an HTTPS server sends and receives messages of every length', async () => {
  const { hub, url } = await started()
  const next = hub.next()
  const connection = await dial(url, { agent: new Agent({ ca: tls.cert }) })(asked())
  const [far, near] = [await next, watch(connection, (await next).handshake)]
  const sizes = [10, 65_532, 65_533, 300_000]

  for (const size of sizes) far.send('x'.repeat(size))
  near.send('up')

  for (const size of sizes) expect(await near.next()).toBe('x'.repeat(size))
  expect(await far.next()).toBe('up')
  await vi.waitFor(() => expect(far.connection.bufferedAmount).toBe(0))
  far.connection.close(4001, 'done')
  expect(await near.closed).toEqual({ code: 4001, reason: 'done' })
})

test('an untrusted certificate is refused by default', async () => {
  const { url } = await started()

  await expect(dial(url)(asked())).rejects.toMatchObject({
    code: 'unavailable',
    cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  })
})
