import { Hub, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { dial } from '../src/client/index.ts'
import { httpHandler, publishHandler } from '../src/index.ts'
import { nodeHttpHandler, nodePublishHandler } from '../src/node/index.ts'

const hub = new Hub()

describe.each([
  ['httpHandler', httpHandler],
  ['nodeHttpHandler', nodeHttpHandler],
] as const)('`%s`', (name, handler) => {
  test.each<[string, unknown, unknown, RegExp | string]>([
    ['no hub', undefined, {}, `the first argument is undefined, not a hub; write \`${name}(hub, options)\``],
    ['a path in place of the options', hub, '/chat', /the options are not an object, but "\/chat"/],
    ['a misspelt option', hub, { heartBeat: 5 }, /no option 'heartBeat'; .*; did you mean 'heartbeat'\?/],
    ['`null` as a number', hub, { padding: null }, /'padding' is null; give a number of at least 0/],
    ['a host that is no text', hub, { hosts: [8] }, /the option 'hosts' has 8 in its list; give texts/],
    ['a name with a blank', hub, { route: 'a b' }, /the option 'route' is "a b"; give 1–32 characters/],
  ])('with %s is an error that says what to do', (_, first, options, message) => {
    const serve = (): unknown => handler(first as Hub, options as object)
    expect(serve).toThrow(UsageError)
    expect(serve).toThrow(message)
  })
})

describe.each([
  ['publishHandler', publishHandler],
  ['nodePublishHandler', nodePublishHandler],
] as const)('`%s`', (name, handler) => {
  test.each<[string, unknown, unknown, RegExp | string]>([
    ['no hub', {}, {}, `the first argument is an instance of Object, not a hub; write \`${name}(hub, `],
    [
      'no options',
      hub,
      undefined,
      /the option 'authenticate' is undefined; give a function that returns true/,
    ],
    [
      'a misspelt option',
      hub,
      { authenticte: () => true },
      /no option 'authenticte'; .*; did you mean 'authenticate'\?/,
    ],
    [
      'a text as a time',
      hub,
      { authenticate: () => true, timeout: '5s' },
      /'timeout' must be a number of mill/,
    ],
  ])('with %s is an error that says what to do', (_, first, options, message) => {
    const serve = (): unknown => handler(first as Hub, options as never)
    expect(serve).toThrow(UsageError)
    expect(serve).toThrow(message)
  })
})

describe('a request or response of a framework in place of the platform’s', () => {
  test.each([[undefined], [null], [{}], [{ req: new Request('http://app.example/chat') }]])(
    'a fetch handler that gets %j rejects, and says what to give',
    async (context) => {
      for (const { fetch } of [httpHandler(hub), publishHandler(hub, { authenticate: () => true })]) {
        const answer = fetch(context as never)
        await expect(answer).rejects.toBeInstanceOf(UsageError)
        await expect(answer).rejects.toThrow('give a Request, such as c.req.raw of Hono, and not ')
      }
    },
  )

  test('a handler for Node that gets a wrong request or response throws, and says what to give', () => {
    const request = { method: 'GET', url: '/chat', headers: { accept: 'text/event-stream' }, socket: {} }
    const handlers = [nodeHttpHandler(hub), nodePublishHandler(hub, { authenticate: () => true })]
    for (const handle of handlers as ((...args: unknown[]) => unknown)[]) {
      for (const wrong of [undefined, null, {}, { raw: request }])
        expect(() => handle(wrong, {})).toThrow('give a request of node:http, such as request.raw of Fastify')
      for (const wrong of [undefined, null, {}, { raw: {} }])
        expect(() => handle(request, wrong)).toThrow('give the response of node:http, such as reply.raw of')
    }
  })
})

test.each<[object, RegExp]>([
  [{ headers: 'cookie: a=1' }, /the option 'headers' must be a plain object of texts, but is "cookie: a=1"/],
  [{ headers: new Headers() }, /'headers' must be a plain object of texts, but is an instance of Headers/],
  [{ headers: { cookie: 1 } }, /the option 'headers' must be a plain object of texts/],
  [{ fetch: 'proxy' }, /the option 'fetch' must be a function, but is "proxy"/],
  [{ pause: 'no' }, /the option 'pause' must be true or false, but is "no"/],
  [{ heders: {} }, /there is no option 'heders'; the options are headers, fetch, pause/],
])('`dial` with %j is an error that says what to give', (options, message) => {
  expect(() => dial('http://127.0.0.1/chat', options)).toThrow(UsageError)
  expect(() => dial('http://127.0.0.1/chat', options)).toThrow(message)
})
