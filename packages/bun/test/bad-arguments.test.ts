import { Hub, UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { bunHandler } from '../src/index.ts'

const hub = new Hub()

test.each<[string, unknown, unknown, RegExp]>([
  ['no hub', undefined, {}, /the first argument is undefined, not a hub; write `bunHandler\(hub, options\)`/],
  ['a path in place of the options', hub, '/chat', /the options are not an object, but "\/chat"/],
  ['a misspelt option', hub, { fecth() {} }, /no option 'fecth'; the options are .*; did you mean 'fetch'\?/],
  ['a list as `websocket`', hub, { websocket: [] }, /the option 'websocket' is an array; give the handlers/],
  ['a host that is no text', hub, { hosts: [8] }, /the option 'hosts' has 8 in its list; give texts/],
  ['a text as `onRefused`', hub, { onRefused: 'log' }, /the option 'onRefused' is "log"; give a function/],
])('`bunHandler` with %s is an error that says what to do', (_, first, options, message) => {
  const serve = (): unknown => bunHandler(first as Hub, options as object)
  expect(serve).toThrow(UsageError)
  expect(serve).toThrow(message)
})

test('`fetch` names the argument that is wrong', () => {
  const chat = bunHandler(hub) as unknown as { fetch(...args: unknown[]): unknown }
  const request = new Request('http://app.example/chat')
  for (const wrong of [undefined, null, {}, { env: {} }])
    expect(() => chat.fetch(request, wrong)).toThrow("not Bun's server; write `fetch(request, server)`")
  for (const wrong of [undefined, null, {}, { req: { raw: request } }])
    expect(() => chat.fetch(wrong, { upgrade() {} })).toThrow(
      'give a Request, such as c.req.raw of Hono, and',
    )
})
