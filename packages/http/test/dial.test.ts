import type { RequestListener } from 'node:http'
import { ChatError, UsageError } from '@chat/core'
import { Batch, type Connection, Frame } from '@chat/core/transport'
import { LocalPeer } from '@chat/testing/conformance'
import { expect, onTestFinished, test, vi } from 'vitest'
import { TestServer } from '../../../test-support/test-server.ts'
import { dial, type HttpDialOptions } from '../src/client/index.ts'
import { nodeHttpHandler } from '../src/node/index.ts'
import { TestHub } from './support/test-hub.ts'

async function serve(listener: RequestListener): Promise<TestServer> {
  const server = await TestServer.start(listener)
  onTestFinished(() => server.stop())
  return server
}

const options = () => ({ protocols: ['chat.v1.json'], signal: new AbortController().signal })

async function failure(listener: RequestListener): Promise<ChatError> {
  const { url } = await serve(listener)
  const error: unknown = await dial(`${url}?secret=1`)(options()).catch((reason) => reason)
  if (error instanceof ChatError) return error
  throw new Error(`it did not reject with a ChatError: ${error}`)
}

/** A hub's end and a client's, with what the client asks on its way. */
async function connect(more: HttpDialOptions = {}) {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve((request, response) => void chat(request, response))
  const connection = await dial(server.url, more)(options())
  onTestFinished(() => connection.abort(new Error('the test is over')))
  const peer = new LocalPeer(connection).attach()
  return { host, server, connection, peer }
}

const write = (connection: Connection, text: string): boolean =>
  connection.send(Batch.root().append(new Frame(text)))

test.each([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [429, 'unavailable'],
  [503, 'unavailable'],
])('what the server’s %i says is the error’s code, and its first words', async (status, code) => {
  const error = await failure((_request, response) => {
    response.writeHead(status, { 'retry-after': '7' }).end('not\nhere\u001b[31m')
  })

  expect(error).toMatchObject({ code, retryAfter: 7_000 })
  expect(error.message).toMatch(
    /^unable to connect to http:\/\/127\.0\.0\.1:\d+\/chat: .* \d+: not here \[31m$/,
  )
})

test('the page of a captive portal is not taken for a hub (BR-02)', async () => {
  const error = await failure((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Pay here</h1>')
  })

  expect([error.code, error.message.includes('Pay here')]).toEqual(['unavailable', true])
})

test('a redirect is not followed, because tokens are for the hub alone', async () => {
  const asked: string[] = []
  const error = await failure((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(302, { location: '/elsewhere' }).end()
  })

  expect([error.code, asked]).toEqual(['unavailable', ['/chat?secret=1']])
  expect(error.message).toContain('a redirect to "/elsewhere", which is not followed; give the final URL')
})

test.each(['data: x\n\n', 'event: open\ndata: <id>\n\n', 'event: open\ndata: short\n\n', ''])(
  'a stream that does not begin as a hub’s is refused: %j',
  async (begin) => {
    const error = await failure((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(begin)
    })

    expect([error.code, error.message.includes('secret')]).toEqual(['unavailable', false])
  },
)

test.each(['/chat', 'ftp://chat.example', 'nonsense'])(
  'a URL where no hub can be is an error at once: %j',
  (url) => {
    expect(() => dial(url)).toThrow(UsageError)
  },
)

test('ws: and wss: name the same hub as http: and https:', async () => {
  const asked: string[] = []
  const spy: typeof fetch = async (url) => {
    asked.push(String(url))
    return new Response('', { status: 404 })
  }

  for (const scheme of ['ws', 'wss', 'http', 'https'])
    await dial(`${scheme}://chat.example/chat#x`, { fetch: spy })(options()).catch(() => {})

  expect(asked).toEqual([
    'http://chat.example/chat',
    'https://chat.example/chat',
    'http://chat.example/chat',
    'https://chat.example/chat',
  ])
})

test('own headers are in every request, and the id is in no URL (P-HT-1)', async () => {
  const asked: { url: string; headers: Record<string, string> }[] = []
  const spy: typeof fetch = (url, init) => {
    asked.push({ url: String(url), headers: init?.headers as Record<string, string> })
    return fetch(url, init)
  }
  const { host, server, connection } = await connect({ headers: { cookie: 'session=1' }, fetch: spy })
  const { handshake } = await host.next()
  write(connection, '["a"]')
  await vi.waitFor(() => expect(host.received).toEqual(['["a"]']))

  expect(handshake.cookies).toEqual({ session: '1' })
  expect(asked.map(({ url }) => url)).toEqual([server.url, server.url])
  expect(asked.map(({ headers }) => headers['cookie'])).toEqual(['session=1', 'session=1'])
})

/** Lets requests through, and does something to the answer of some. */
function meddling(
  meddle: (attempt: number, answer: () => Promise<Response>) => Promise<Response>,
): typeof fetch {
  let posts = 0
  return (url, init) => (init?.method === 'POST' ? meddle(++posts, () => fetch(url, init)) : fetch(url, init))
}

test('after a lost answer the client posts the same again, and the hub takes it once (P-HT-2)', async () => {
  const lossy = meddling(async (attempt, answer) => {
    const response = await answer()
    if (attempt % 2 === 1) throw new TypeError('the answer got lost')
    return response
  })
  const { host, connection } = await connect({ fetch: lossy })

  for (const text of ['["a"]', '["b"]', '["c"]']) write(connection, text)

  await vi.waitFor(() => expect(connection.bufferedAmount).toBe(0))
  expect(host.received).toEqual(['["a"]', '["b"]', '["c"]'])
})

test('at most one POST is in flight, however much is sent meanwhile (P-HT-2)', async () => {
  let [now, most] = [0, 0]
  const counting = meddling(async (_attempt, answer) => {
    most = Math.max(most, ++now)
    const response = await answer()
    now--
    return response
  })
  const { host, connection } = await connect({ fetch: counting })
  const texts = Array.from({ length: 20 }, (_, i) => `["n",${i}]`)

  for (const text of texts) write(connection, text)

  await vi.waitFor(() => expect(host.received).toEqual(texts))
  expect(most).toBe(1)
})

test('a busy server is asked again after its Retry-After (P-HT-4)', async () => {
  const busy = meddling((attempt, answer) =>
    attempt < 3 ? Promise.resolve(new Response('', { status: [429, 503][attempt - 1] ?? 500 })) : answer(),
  )
  const { host, connection } = await connect({ fetch: busy })

  write(connection, '["a"]')

  await vi.waitFor(() => expect(host.received).toEqual(['["a"]']))
})

test.each([400, 403, 404, 409, 415])(
  '%i ends the connection, and the client may connect anew',
  async (status) => {
    const refusing = meddling(async () => new Response('gone', { status }))
    const { host, connection, peer } = await connect({ fetch: refusing })

    write(connection, '["a"]')
    write(connection, '["b"]')

    await vi.waitFor(() =>
      expect(peer.log.at(-1)).toEqual({ type: 'closed', code: 1006, reason: `${status}: gone` }),
    )
    await vi.waitFor(() => expect(host.end?.code).toBe(1006))
  },
)

test('a server that never accepts a POST ends the connection', async () => {
  const dead = meddling(() => Promise.reject(new TypeError('no network')))
  const { connection, peer } = await connect({ fetch: dead })

  write(connection, '["a"]')

  await vi.waitFor(() => expect(peer.log.at(-1)).toMatchObject({ type: 'closed', code: 1006 }), 5_000)
})

test('an option that does not exist is an error that lists those that do', () => {
  expect(() => dial('https://app.example/chat', { header: {} } as object)).toThrow(
    /unable to dial: there is no option 'header'; the options are headers, fetch, pause/,
  )
})
