import type { Duplex } from 'node:stream'
import { Hub, UsageError } from '@chat/core'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach, upgradeHandler } from '../src/index.ts'
import { openClient, refusalOf } from './support/client.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

test('an upgrade for no hub is answered with 404 when only hubs listen (SEC-26)', async () => {
  const { server, url } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })
  attach(new StandIn(), server, { path: '/other' })

  expect(await refusalOf(url('/admin'))).toBe(404)
})

test('upgrades for other paths are left to other listeners', async () => {
  const { server, url } = await startServer()
  const others = new WebSocketServer({ noServer: true })
  attach(new StandIn(), server, { path: '/chat' })
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== '/theirs') return
    setImmediate(() => others.handleUpgrade(request, socket, head, (ws) => ws.send('theirs')))
  })

  const client = await openClient(url('/theirs'))

  expect(await client.next()).toBe('theirs')
})

test('several hubs share a server, each at its path, and a literal segment goes before a parameter', async () => {
  const { server, url } = await startServer()
  const [anyone, admin] = [new StandIn(), new StandIn()]
  attach(anyone, server, { path: '/ws/:user' })
  attach(admin, server, { path: '/ws/admin' })

  await openClient(url('/ws/admin'))
  await openClient(url('/ws/alice'))

  expect(admin.accepted.map(({ handshake }) => handshake.path)).toEqual(['/ws/admin'])
  expect(anyone.accepted.map(({ handshake }) => handshake.path)).toEqual(['/ws/alice'])
})

test('two hubs at one path of one server are refused at attach, and the message says what to do', async () => {
  const { server } = await startServer()
  attach(new StandIn(), server, { path: '/ws/:user' })

  expect(() => attach(new StandIn(), server, { path: '/ws/:name' })).toThrow(UsageError)
  expect(() => attach(new StandIn(), server, { path: '/ws/:user/' })).toThrow(/a path of its own, or detach/)
})

test('a hub that is detached leaves its path to the next, and its connections open', async () => {
  const { server, url } = await startServer()
  const [first, second] = [new StandIn(), new StandIn()]
  const attached = attach(first, server, { path: '/chat' })
  const old = await openClient(url('/chat'))

  attached.detach()
  attached.detach()
  expect(server.listenerCount('upgrade')).toBe(0)
  attach(second, server, { path: '/chat' })
  await openClient(url('/chat'))

  expect(second.accepted).toHaveLength(1)
  first.accepted[0]?.send('still here')
  expect(await old.next()).toBe('still here')
})

test('a host that owns the event learns which requests were not for the hub', async () => {
  const { server, url, port } = await startServer()
  const hub = new StandIn()
  const chat = upgradeHandler(hub, { path: '/chat' })
  const left: (string | undefined)[] = []
  server.on('upgrade', (request, socket, head) => {
    if (chat.handleUpgrade(request, socket, head)) return
    left.push(request.url)
    socket.destroy()
  })

  await openClient(url('/chat'))
  const peer = await RawPeer.connect(port)
  peer.socket.write(upgradeRequest('/mine'))
  await peer.closed()

  expect(hub.accepted).toHaveLength(1)
  expect(left).toEqual(['/mine'])
})

test('without a path `upgradeHandler` takes every upgrade that the host hands over', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  const chat = upgradeHandler(hub)
  server.on('upgrade', (request, socket, head) => void chat.handleUpgrade(request, socket, head))

  await openClient(url('/any/path'))

  expect(hub.accepted[0]?.handshake.path).toBe('/any/path')
})

test('a request that another listener took already is not taken twice, and a warning says so', async () => {
  const { server, url } = await startServer()
  const greedy = new WebSocketServer({ server })
  greedy.on('connection', (ws) => ws.send('mine'))
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))

  const client = await openClient(url('/chat'))

  expect((await warned).message).toMatch(/Another 'upgrade' listener/)
  expect(await client.next()).toBe('mine')
  expect(hub.accepted).toHaveLength(0)
})

test.each(['before', 'after'])(
  'a host %s it that ends unknown upgrades is named by a warning',
  async (place) => {
    const { server, url } = await startServer()
    const hub = new StandIn()
    // As Nest's WsAdapter does; `ws` itself answers 400.
    const strict = (_request: unknown, socket: Duplex): unknown =>
      place === 'before' ? socket.destroy() : socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    if (place === 'before') server.on('upgrade', strict)
    attach(hub, server, { path: '/chat' })
    if (place === 'after') server.on('upgrade', strict)
    const warnings: string[] = []
    const listen = ({ message }: Error): number => warnings.push(message)
    process.on('warning', listen)
    onTestFinished(() => void process.off('warning', listen))

    for (let attempt = 0; attempt < 2; attempt++) await endOf(url('/chat'))

    expect(warnings).toEqual([
      expect.stringMatching(/another 'upgrade' listener of this server ended its socket.*`accept`/),
    ])
  },
)

test('a refusal of the hub’s own does not cause that warning', async () => {
  const { server, url } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })
  const warnings: Error[] = []
  const listen = (warning: Error): number => warnings.push(warning)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))

  expect(await refusalOf(url('/chat'), { origin: 'https://evil.example' })).toBe(403)

  expect(warnings).toEqual([])
})

/** Waits for the end of a client, whatever ends it. */
function endOf(url: string): Promise<void> {
  const client = new WebSocket(url)
  return new Promise((resolve) => {
    client.on('error', () => {})
    client.on('close', () => resolve())
  })
}

test('the path of a closed hub is free for another hub', async () => {
  const { server } = await startServer()
  const first = new Hub()
  attach(first, server, { path: '/chat' })
  await first.close()

  expect(() => attach(new Hub(), server, { path: '/chat' })).not.toThrow()
})
