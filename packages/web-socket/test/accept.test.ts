import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Hub } from '@chat/core'
import type { Connection, Handshake, TransportHub } from '@chat/core/transport'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type WebSocketExtra, type WebSocketHandlerOptions, webSocketHandler } from '../src/index.ts'

/*
 * `ws` has the web's interface, too, so a host that upgrades by itself can be had on Node. The platforms' own sockets are tested in Deno and workerd, in test-runtimes.
 */

const upgrade = (): never => {
  throw new Error('not a request of this test')
}

/** A host that upgrades everything and hands its sockets over, after it has done something with each. */
async function host(
  options: WebSocketHandlerOptions,
  hub: TransportHub = testHub(),
  before: (socket: WebSocket) => unknown = () => {},
) {
  const chat = webSocketHandler(hub, { upgrade, ...options })
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => void sockets.close())
  await once(sockets, 'listening')
  const answers: boolean[] = []
  sockets.on('connection', async (socket, { url, headers }) => {
    await before(socket)
    const request = new Request(`http://127.0.0.1${url}`, { headers: headers as Record<string, string> })
    answers.push(chat.accept(socket as never, request))
  })
  const { port } = sockets.address() as AddressInfo
  return {
    chat,
    answers,
    dial: (path: string, headers = {}) => dial(`ws://127.0.0.1:${port}${path}`, headers),
  }
}

function dial(url: string, headers: Record<string, string>): WebSocket {
  const socket = new WebSocket(url, { headers })
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  return socket
}

function testHub(): Hub {
  const hub = new Hub()
  onTestFinished(() => hub.close({ deadline: 0 }))
  return hub
}

async function ended(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close')
  return code
}

test('a socket that the host has opened reaches the hub, with the parameters of its path', async () => {
  const met: (Handshake & { extra: unknown })[] = []
  const hub = new Hub({
    authenticate(credentials) {
      met.push(credentials)
      return { id: 'alice' }
    },
  })
  const context = ({ url }: Request): string => url
  const { answers, dial } = await host({ path: '/ws/:user', context, remoteAddress: () => '192.0.2.7' }, hub)
  const socket = dial('/ws/alice?color=red', { cookie: 'sid=1' })
  await once(socket, 'open')
  socket.send('["hello",{"v":[1,1],"token":"x"}]')
  const [welcome] = await once(socket, 'message')
  expect(JSON.parse(String(welcome))[0]).toBe('welcome')
  expect(answers).toEqual([true])
  const { params, query, cookies, remoteAddress, extra } = met[0] ?? {}
  expect([params?.['user'], query?.['color'], cookies?.['sid'], remoteAddress]).toEqual([
    'alice',
    'red',
    '1',
    '192.0.2.7',
  ])
  expect((extra as WebSocketExtra<string>).context).toContain('/ws/alice?color=red')
})

test('a page of another origin is closed with 4503, and the application is told (SEC-01)', async () => {
  const told: number[] = []
  const { answers, dial } = await host({ onRefused: ({ status }) => told.push(status) })
  const socket = dial('/', { origin: 'https://evil.example' })
  expect(await ended(socket)).toBe(4503)
  expect(answers).toEqual([false])
  expect(told).toEqual([403])
})

test('a detached handler closes sockets with 4001, so that clients return elsewhere', async () => {
  const { chat, dial } = await host({})
  chat.detach()
  expect(await ended(dial('/', {}))).toBe(4001)
})

test('a socket that closed before it was handed over does not reach the hub', async () => {
  const gone = async (socket: WebSocket): Promise<void> => {
    socket.terminate()
    await once(socket, 'close')
  }
  const hub = testHub()
  const accepted: unknown[] = []
  const { answers, dial } = await host(
    {},
    recordingHub(hub, (link) => accepted.push(link)),
    gone,
  )
  await ended(dial('/', {}))
  await expect.poll(() => answers).toEqual([false])
  expect(accepted).toEqual([])
})

test('a socket that refuses a message ends alone: the other sockets of the turn get theirs', async () => {
  const hub = new Hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
  onTestFinished(() => hub.close({ deadline: 0 }))
  const left: string[] = []
  hub.on('$disconnect', ({ session }) => left.push(session.user.id))
  const sockets: WebSocket[] = []
  const { dial } = await host({}, hub, (socket) => sockets.push(socket))
  const heard: string[] = []
  for (const name of ['alice', 'bob']) {
    const socket = dial('/', {})
    await once(socket, 'open')
    socket.send(`["hello",{"v":[1,1],"token":"${name}","streams":{"#room":null}}]`)
    await once(socket, 'message')
    socket.on('message', (text) => void heard.push(`${name} ${JSON.parse(String(text))[4]}`))
  }
  const [first] = sockets
  if (first === undefined) throw new Error('nobody has come')
  // As in a Worker, when a request uses the socket of another.
  first.send = () => {
    throw new Error('cannot perform I/O on behalf of a different request')
  }
  await hub.to('#room').send('say', 'hi')
  await expect.poll(() => heard).toEqual(['bob hi'])
  expect(left).toEqual(['alice'])
})

/** A hub that hands its connections to a test, and does nothing with them. */
function recordingHub(
  { limits, subprotocols }: TransportHub,
  accept: (connection: Connection) => void,
): TransportHub {
  return { closing: false, limits, subprotocols, accept, checkAdmission: () => null, reportError() {} }
}

test('held empty messages are bounded as well', async () => {
  const links: Connection[] = []
  const { dial } = await host(
    {},
    recordingHub(testHub(), (link) => {
      link.attach({ receive() {}, drain() {}, closed() {} })
      links.push(link)
    }),
  )
  const socket = dial('/', {})
  await once(socket, 'open')
  await expect.poll(() => links.length).toBe(1)
  links[0]?.pause()
  for (let n = 0; n < 20_000; n++) socket.send('')
  await ended(socket)
  expect(links[0]?.received).toBeLessThan(20_000)
})

test('messages of a paused peer are held up to a bound, then the peer is dropped', async () => {
  const links: Connection[] = []
  const hub = testHub()
  const taken: string[] = []
  const recording = recordingHub(hub, (connection) => {
    connection.attach({ receive: (text) => void taken.push(String(text)), drain() {}, closed() {} })
    links.push(connection)
  })
  const { dial } = await host({}, recording)
  const socket = dial('/', {})
  await once(socket, 'open')
  await expect.poll(() => links.length).toBe(1)
  const [link] = links
  link?.pause()
  socket.send('one')
  socket.send('two')
  await expect.poll(() => link?.received).toBe(2)
  expect(taken).toEqual([])
  link?.resume()
  expect(taken).toEqual(['one', 'two'])
  link?.pause()
  for (let n = 0; n < 5; n++) socket.send('x'.repeat(250_000))
  await ended(socket)
  expect(taken).toEqual(['one', 'two'])
})
