import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ChatError, Hub, type HubOptions, type User } from '@chat/core'
import { afterEach, describe, expect, test } from 'vitest'
import { type PublishHandlerOptions, publishHandler } from '../src/index.ts'
import { nodePublishHandler } from '../src/node/index.ts'

const secret = 'let-me-in'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const end of undo.splice(0)) await end()
})

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** A hub with the handler, and a function that posts to it. */
function open(
  options: Partial<PublishHandlerOptions<Request>> = {},
  hubOptions: HubOptions = { authorize: () => true },
) {
  const hub = new Hub(hubOptions)
  undo.push(() => hub.close())
  const handler = publishHandler(hub, {
    path: '/publish',
    authenticate: ({ token }) => token === secret,
    ...options,
  })
  const post = async (
    body: unknown,
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<Answer> => {
    const response = await handler.fetch(
      new Request('http://hub.example/publish', {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...headers },
        ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
      }),
    )
    if (response === undefined) throw new Error('the handler left the request alone')
    return answerOf(response)
  }
  return { hub, handler, post }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const json = response.headers.get('content-type') === 'application/json'
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : { text } }
}

const say = { address: '#a', event: 'say', data: { text: 'hi' } }

describe('a request that is let in', () => {
  test('publishes for the hub, and is answered with the position and the id', async () => {
    const { hub, post } = open()

    const { status, body } = await post({ ...say, meta: { source: 'php' } })

    const { messages } = await hub.to('#a').history()
    expect(messages).toMatchObject([{ data: { text: 'hi' }, from: null, meta: { source: 'php' } }])
    expect([status, body]).toEqual([200, { position: messages[0]?.position, id: messages[0]?.id }])
  })

  test('may name a user as the sender', async () => {
    const { hub, post } = open()
    await post({ ...say, from: 'alice' })
    expect((await hub.to('#a').history()).messages).toMatchObject([{ from: 'alice' }])
  })

  test('is stored once for an Idempotency-Key, and another message under it is a conflict', async () => {
    const { hub, post } = open()
    const key = { 'idempotency-key': 'order 7' }

    const [first, again] = [await post(say, key), await post(say, key)]
    const other = await post({ ...say, data: 1 }, key)

    expect(again.body).toEqual(first.body)
    expect([other.status, other.body['code']]).toEqual([409, 'conflict'])
    expect((await hub.to('#a').history()).messages).toHaveLength(1)
  })

  test('sends a cast, which is not stored', async () => {
    const { hub, post } = open()
    expect(await post({ ...say, cast: true, key: 'k' })).toMatchObject({ status: 202 })
    expect((await hub.to('#a').history()).messages).toEqual([])
  })
})

describe('a request in the name of a user', () => {
  const alice: User = { id: 'alice' }

  test('is asked for like a send of the client of the user, and the policy may replace the data', async () => {
    const asked: unknown[] = []
    const { hub, post } = open(
      { authenticate: () => alice },
      {
        authorize: (request) => {
          asked.push(request)
          return { data: 'masked' }
        },
      },
    )

    expect((await post(say)).status).toBe(200)

    expect(asked).toMatchObject([{ user: alice, session: null, action: 'send', address: '#a', event: 'say' }])
    expect((await hub.to('#a').history()).messages).toMatchObject([{ from: 'alice', data: 'masked' }])
  })

  test.each([
    ['the policy refuses', { authorize: () => false }, say],
    ['it names another sender', { authorize: () => true }, { ...say, from: 'bob' }],
  ])('is forbidden when %s', async (_, options, body) => {
    const { hub, post } = open({ authenticate: () => alice }, options)
    expect(await post(body)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect((await hub.to('#a').history()).messages).toEqual([])
  })

  test('the policy may replace the data by null', async () => {
    const { hub, post } = open({ authenticate: () => alice }, { authorize: () => ({ data: null }) })
    await post(say)
    expect((await hub.to('#a').history()).messages).toMatchObject([{ from: 'alice', data: null }])
  })

  test('is refused with the code of the policy', async () => {
    const muted = (): never => {
      throw new ChatError('shop/muted', 'you are muted')
    }
    const { post } = open({ authenticate: () => alice }, { authorize: muted })
    expect(await post(say)).toMatchObject({
      status: 422,
      body: { code: 'shop/muted', message: 'you are muted' },
    })
  })
})

describe('a request that is refused', () => {
  test.each([
    ['12345678901234567890', 'an integer has more digits than a double holds; write it as a string'],
    ['1e999', 'JSON does not carry Infinity'],
  ])('for the number %s, which would become another number', async (number, reason) => {
    const { hub, post } = open()
    const body = `{"address":"#a","event":"say","data":{"id":${number}}}`
    expect(await post(body)).toMatchObject({
      status: 422,
      body: { code: 'bad_payload', message: expect.stringContaining(reason) },
    })
    expect((await hub.to('#a').history()).messages).toEqual([])
  })

  test.each([
    ['no token', { authorization: '' }],
    ['a wrong token', { authorization: 'Bearer no' }],
    ['another scheme', { authorization: `Basic ${secret}` }],
  ])('has %s: 401', async (_, headers) => {
    const { post } = open()
    const { status, headers: answered, body } = await post(say, headers)
    expect([status, body['code'], answered.get('www-authenticate')]).toEqual([401, 'unauthorized', 'Bearer'])
  })

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no address', { event: 'say', data: 1 }],
    ['an address that is none', { ...say, address: 'a' }],
    ['an address of a session', { ...say, address: '~s1234567' }],
    ['no event', { address: '#a', data: 1 }],
    ['a reserved event', { ...say, event: '$x' }],
    ['no data', { address: '#a', event: 'say' }],
    ['a field that does not exist', { ...say, adress: '#b' }],
    ['meta that is no object', { ...say, meta: [] }],
    ['meta that cannot be sent', { ...say, meta: { $x: 1 } }],
    ['a sender that is no name', { ...say, from: '' }],
    ['a key without a cast', { ...say, key: 'k' }],
  ])('has %s: 400, with a reason', async (_, body) => {
    const { post } = open()
    const answer = await post(body)
    expect([answer.status, answer.body['message']]).toEqual([400, expect.stringMatching(/^unable to /)])
  })

  test('has another content type, as a form of a foreign page has: 415', async () => {
    const { post } = open()
    expect((await post(say, { 'content-type': 'text/plain' })).status).toBe(415)
  })

  test('comes from a foreign page: 403', async () => {
    const { post } = open()
    expect((await post(say, { origin: 'https://evil.example' })).status).toBe(403)
  })

  test('is no POST: 405', async () => {
    const { post } = open()
    expect((await post(say, {}, 'GET')).status).toBe(405)
  })

  test('has a body above the limit of a transmission: 413', async () => {
    const { post } = open()
    expect((await post({ ...say, data: 'x'.repeat(300_000) })).status).toBe(413)
  })

  test('meets an authenticate that throws: 500, and the application hears of it', async () => {
    const error = new Error('no database')
    const heard: unknown[] = []
    const { post } = open({
      authenticate: () => {
        throw error
      },
      onRefused: (refusal) => heard.push(refusal.error),
    })
    const { status, body } = await post(say)
    expect([status, JSON.stringify(body)]).toEqual([500, expect.not.stringContaining('database')])
    expect(heard).toEqual([error])
  })

  test('waits for a log that does not answer in time: 504, uncertain', async () => {
    const { hub, post } = open({ timeout: 20 })
    hub.to = () =>
      ({ send: (_: string, __: unknown, { signal }: { signal: AbortSignal }) => aborted(signal) }) as never
    expect(await post(say)).toMatchObject({ status: 504, body: { code: 'uncertain' } })
  })
})

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new ChatError('uncertain', 'unable to tell'))),
  )

test('a request for another path is left alone', async () => {
  const { handler } = open()
  expect(await handler.fetch(new Request('http://hub.example/other', { method: 'POST' }))).toBeUndefined()
})

test.each<[object, string]>([
  [{}, 'authenticate'],
  [{ authenticate: () => true, timeout: -1 }, 'timeout'],
  [{ authenticate: () => true, tiemout: 1 }, 'tiemout'],
])('options that cannot work are refused: %j', (options, name) => {
  expect(() => publishHandler(new Hub(), options as never)).toThrow(name)
})

test('on Node the handler answers real requests, and leaves other paths alone', async () => {
  const hub = new Hub()
  const publish = nodePublishHandler(hub, { path: '/publish', authenticate: ({ token }) => token === secret })
  const server = createServer((request, response) => {
    if (!publish(request, response)) response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  undo.push(
    () => server.close(),
    () => server.closeAllConnections(),
    () => hub.close(),
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }

  const answer = await fetch(`${url}/publish`, { method: 'POST', headers, body: JSON.stringify(say) })

  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { position: [expect.any(String), 1, expect.any(String)] },
  ])
  expect((await fetch(`${url}/`, { method: 'POST', headers, body: '{}' })).status).toBe(404)
})
