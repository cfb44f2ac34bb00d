import { Hub } from '@chat/core'
import { expect, onTestFinished, test } from 'vitest'
import { type ServerWebSocket, webSocketHandler } from '../src/index.ts'

/** A socket that stays open until a test ends it. */
function openSocket(): { socket: ServerWebSocket; end: () => void; closes: unknown[] } {
  const listeners: ((event: { code: number; reason: string }) => void)[] = []
  const closes: unknown[] = []
  const socket: ServerWebSocket = {
    readyState: 1,
    send() {},
    close: (code) => void closes.push(code),
    addEventListener(type: string, listener: (event: never) => void) {
      if (type === 'close') listeners.push(listener as (event: object) => void)
    },
  }
  const end = (): void => {
    for (const listener of listeners) listener({ code: 1000, reason: '' })
  }
  return { socket, closes, end }
}

function served(options: { origins?: (origin: string) => Promise<boolean> } = {}) {
  const hub = new Hub({ limits: { connectionsPerAddress: 1 } })
  onTestFinished(() => hub.close({ deadline: 0 }))
  const opened: ReturnType<typeof openSocket>[] = []
  const chat = webSocketHandler(hub, {
    ...options,
    path: '/chat',
    remoteAddress: (request) => request.headers.get('x-test-address') ?? '',
    upgrade: () => {
      const made = openSocket()
      opened.push(made)
      return { socket: made.socket, response: new Response('switched') }
    },
  })
  const ask = async (address: string, headers: Record<string, string> = {}): Promise<Response> =>
    chat.fetch(request(address, headers))
  return { chat, opened, ask }
}

const request = (address: string, headers: Record<string, string> = {}): Request =>
  new Request('http://app.example/chat', {
    headers: { upgrade: 'websocket', host: 'app.example', 'x-test-address': address, ...headers },
  })

test('an address over its limit is answered with 429 and Retry-After, and others get in (SEC-12)', async () => {
  const { ask, opened } = served()
  expect((await ask('192.0.2.7')).status).toBe(200)

  const refused = await ask('192.0.2.7')
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true])
  expect((await ask('192.0.2.8')).status).toBe(200)

  opened[0]?.end()
  expect((await ask('192.0.2.7')).status).toBe(200)
})

test('a socket that the host has opened over the limit is closed with 4013', async () => {
  const { ask, chat } = served()
  await ask('192.0.2.7')
  const late = openSocket()

  chat.accept(late.socket, request('192.0.2.7'))

  expect(late.closes).toEqual([4013])
})

test('an `origins` that answers later admits or refuses when it has answered', async () => {
  const { ask } = served({ origins: async (origin) => origin === 'https://app.example' })

  expect((await ask('192.0.2.7', { origin: 'https://app.example' })).status).toBe(200)
  expect((await ask('192.0.2.8', { origin: 'https://evil.example' })).status).toBe(403)
})
