import { expect, test } from 'vitest'
import { type HttpHandler, httpHandler } from '../src/index.ts'
import { get, PlainClient, post } from './support/plain-client.ts'
import { TestHub } from './support/test-hub.ts'

const ours = 'http://chat.example'
const app = 'https://app.example'
const foreign = 'https://evil.example'

function preflight(origin: string, method = 'POST'): Request {
  return new Request(`${ours}/chat`, {
    method: 'OPTIONS',
    headers: { host: 'chat.example', origin, 'access-control-request-method': method },
  })
}

const statusOf = async (chat: HttpHandler, request: Request): Promise<number | undefined> => {
  const response = await chat.fetch(request)
  await response?.body?.cancel()
  return response?.status
}

test.each([
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['plain text', { 'content-type': 'text/plain' }],
  ['no type', { 'content-type': '' }],
  ['what only looks like JSON', { 'content-type': 'text/plain; application/json' }],
  ['no number', { 'chat-seq': '' }],
  ['no connection', { 'chat-connection': '' }],
  ['an encoded body', { 'content-encoding': 'gzip' }],
])('what a foreign page could post without asking is refused: %s (P-HT-3)', async (_name, headers) => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat' })
  const client = await PlainClient.open(fetch)

  expect(
    (await client.answer(new TextEncoder().encode('["a"]'), { 'chat-seq': '1', ...headers })).status,
  ).toBe(415)
  expect(host.received).toEqual([])
})

test('the content type may name its charset', async () => {
  const client = await PlainClient.open(httpHandler(new TestHub(), { path: '/chat' }).fetch)

  expect(await client.post('["a"]', { 'content-type': 'Application/JSON; charset=utf-8' })).toBe(204)
})

test.each([
  foreign,
  'null',
  'http://chat.example.evil.com',
  'http://chat.example:444',
  'http://CHAT.example',
])(
  'a page of %s can neither open a stream, nor post, nor pass a preflight (P-HT-3, SEC-01)',
  async (origin) => {
    const host = new TestHub()
    const chat = httpHandler(host, { path: '/chat' })
    const client = await PlainClient.open(chat.fetch)

    expect(await statusOf(chat, get({ origin }))).toBe(403)
    expect(await client.post('["a"]', { origin })).toBe(403)
    const asked = await chat.fetch(preflight(origin))
    expect([asked?.status, asked?.headers.get('access-control-allow-origin')]).toEqual([403, null])
    expect([host.peers.length, host.received]).toEqual([1, []])
  },
)

test('a page of the same origin can do all that, with cookies (P-HT-3)', async () => {
  const client = await PlainClient.open(httpHandler(new TestHub(), { path: '/chat' }).fetch)

  const answer = await client.answer('["a"]', { 'chat-seq': '1', origin: ours })

  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-origin')).toBe(ours)
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
  expect(answer.headers.get('vary')).toBe('Origin')
})

test('a page of another origin can when `origins` lists it, and gets the headers it needs (P-HT-3)', async () => {
  const { fetch } = httpHandler(new TestHub(), { path: '/chat', origins: [app] })

  const asked = await fetch(preflight(app))
  expect(asked?.status).toBe(204)
  expect(Object.fromEntries(asked?.headers ?? [])).toMatchObject({
    'access-control-allow-origin': app,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type, chat-connection, chat-seq, chat-event, chat-protocol',
    vary: 'Origin',
  })
  const client = await PlainClient.open(fetch, { origin: app })
  expect(client.response.headers.get('access-control-allow-origin')).toBe(app)
  expect(await client.post('["a"]', { origin: app })).toBe(204)
})

test('only the origin that opened a stream posts to it, even if another origin may connect as well (P-HT-3)', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat', origins: [app, 'https://other.example'] })
  const client = await PlainClient.open(fetch, { origin: app })

  expect(await client.post('["a"]', { origin: 'https://other.example' })).toBe(404)
  expect(await client.post('["a"]', { 'chat-seq': '1' })).toBe(404)
  expect(host.received).toEqual([])
})

test('an id is valid at its own path only', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/ws/:user' })
  const headers = { accept: 'text/event-stream' }
  const opened = await fetch(new Request(`${ours}/ws/alice`, { headers }))
  const id =
    /data: (\S+)/.exec(new TextDecoder().decode((await opened?.body?.getReader().read())?.value))?.[1] ?? ''
  const posted = async (user: string): Promise<number | undefined> => {
    const { headers } = post('', { 'chat-connection': id, 'chat-seq': '1' })
    return (await fetch(new Request(`${ours}/ws/${user}`, { method: 'POST', headers, body: '["a"]' })))
      ?.status
  }

  expect(await posted('bob')).toBe(404)
  expect(await posted('alice')).toBe(204)
})

test('a request without origin that a browser marks as cross-site is refused (P-HT-3)', async () => {
  const chat = httpHandler(new TestHub(), { path: '/chat' })

  expect(await statusOf(chat, get({ 'sec-fetch-site': 'cross-site' }))).toBe(403)
  expect(await statusOf(chat, get({ 'sec-fetch-site': 'same-site' }))).toBe(403)
  expect(await statusOf(chat, get({ 'sec-fetch-site': 'same-origin' }))).toBe(200)
})

test('`hosts` keeps out pages whose name was pointed at the server (P-HT-3)', async () => {
  const chat = httpHandler(new TestHub(), { path: '/chat', hosts: ['localhost'] })
  const client = await PlainClient.open(chat.fetch)

  expect(await client.post('["a"]', { origin: ours })).toBe(403)
})

test('each refusal is reported, and a throw in `onRefused` changes no answer', async () => {
  const told: unknown[] = []
  const chat = httpHandler(new TestHub(), {
    path: '/chat',
    onRefused({ status }, { method }) {
      told.push([status, method])
      throw new Error('the log is full')
    },
  })

  await statusOf(chat, get({ origin: foreign }))
  await statusOf(chat, post('["a"]', { origin: foreign }))

  expect(told).toEqual([
    [403, 'GET'],
    [403, 'POST'],
  ])
})

test('pages that may connect can read that a hub closes, and foreign pages cannot (P-HT-3, P-LV-5)', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat', origins: [app] })
  host.closing = true

  const answers = await Promise.all([app, foreign].map((origin) => fetch(get({ origin }))))

  expect(
    answers.map((answer) => [answer?.status, answer?.headers.get('access-control-allow-origin')]),
  ).toEqual([
    [503, app],
    [503, null],
  ])
})
