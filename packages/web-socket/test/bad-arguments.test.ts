import { Hub, UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { webSocketHandler } from '../src/index.ts'

const hub = new Hub()

test.each<[string, unknown, unknown, RegExp]>([
  ['no hub', null, {}, /the first argument is null, not a hub; write `webSocketHandler\(hub, options\)`/],
  ['a path in place of the options', hub, '/chat', /the options are not an object, but "\/chat"/],
  [
    'a misspelt option',
    hub,
    { remoteAdress: () => '' },
    /no option 'remoteAdress'; the options are .*; did you mean 'remoteAddress'\?/,
  ],
  ['a response as `fetch`', hub, { fetch: 'hello' }, /the option 'fetch' must be a function, but is "hello"/],
  ['a number as `backpressure`', hub, { backpressure: 1 }, /'backpressure' must be true or false, but is 1/],
  [
    'an object as `upgrade`',
    hub,
    { upgrade: {} },
    /'upgrade' must be a function, but is an instance of Object/,
  ],
  ['an address as `remoteAddress`', hub, { remoteAddress: '::1' }, /'remoteAddress' must be a function, but/],
])('`webSocketHandler` with %s is an error that says what to do', (_, first, options, message) => {
  const serve = (): unknown => webSocketHandler(first as Hub, options as object)
  expect(serve).toThrow(UsageError)
  expect(serve).toThrow(message)
})

test('`accept` and `fetch` name the argument that is wrong', () => {
  const upgrade = (): never => {
    throw new Error('no request is upgraded')
  }
  const chat = webSocketHandler(hub, { upgrade }) as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >
  const socket = { readyState: 1, addEventListener() {} }
  for (const wrong of [undefined, null, {}, new Request('http://app.example/chat')])
    expect(() => chat['accept']?.(wrong, socket)).toThrow('not a WebSocket; write `accept(socket, request)`')
  for (const wrong of [undefined, null, {}, { req: {} }]) {
    expect(() => chat['accept']?.(socket, wrong)).toThrow(
      'give a Request, such as c.req.raw of Hono, and not ',
    )
    expect(() => chat['fetch']?.(wrong)).toThrow(UsageError)
  }
})
