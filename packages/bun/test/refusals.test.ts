import { Hub } from '@chat/core'
import type { Refusal } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { type BunHandlerOptions, type BunServer, bunHandler } from '../src/index.ts'

/*
 * What is decided before Bun is asked runs anywhere; sockets are tested in Bun, in test-bun.
 */

/** No request of these tests may come as far as an upgrade. */
const server: BunServer = {
  upgrade() {
    throw new Error('a request that had to be refused was let through')
  },
  requestIP: () => ({ address: '192.0.2.7' }),
  address: { address: '0.0.0.0' },
}

const upgrade = { connection: 'Upgrade', upgrade: 'websocket', host: 'app.example' }

async function answer(
  options: BunHandlerOptions,
  { path = '/chat', headers = {}, hub = new Hub() } = {},
): Promise<Response> {
  const request = new Request(`http://app.example${path}`, { headers: { ...upgrade, ...headers } })
  const response = await bunHandler(hub, { path: '/chat', ...options }).fetch(request, server)
  if (response === undefined) throw new Error('the request was not answered')
  return response
}

test('a page of another origin is refused with 403, and the application gets the reason (SEC-01)', async () => {
  const told: Refusal[] = []
  const response = await answer(
    { onRefused: (refusal) => void told.push(refusal) },
    { headers: { origin: 'https://evil.example' } },
  )
  expect(response.status).toBe(403)
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await response.text()).toBe(`${told[0]?.message}\n`)
})

test('a throw in `onRefused` changes no answer', async () => {
  const broken = (): never => {
    throw new Error('the log is full')
  }
  const { status } = await answer({ onRefused: broken }, { headers: { origin: 'https://evil.example' } })
  expect(status).toBe(403)
})

test('a hub that closes answers 503 with a time to come back', async () => {
  const hub = new Hub()
  await hub.close({ deadline: 0 })
  const { status, headers } = await answer({}, { hub })
  expect([status, headers.get('retry-after')]).toEqual([503, '5'])
})

test('a `context` that throws is answered with 500, without its error', async () => {
  const response = await answer({
    context() {
      throw new Error('password: 1234')
    },
  })
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('1234')
})

test('a path that is not encoded correctly is answered with 400', async () => {
  expect((await answer({ path: '/:user' }, { path: '/%C3' })).status).toBe(400)
})

test('a `maxPayloadLength` of the application below the hub’s limit is an error at start', () => {
  const websocket = { maxPayloadLength: 1_024, message() {} }
  expect(() => bunHandler(new Hub(), { path: '/chat', websocket })).toThrow(
    /unable to serve the hub: the option 'websocket.maxPayloadLength' is 1024 bytes, .* may send 262144/,
  )
})

test('a `backpressureLimit` below the hub’s limit is an error at start, and no limit is fine', () => {
  const options = (backpressureLimit: number) => ({ websocket: { backpressureLimit } })
  expect(() => bunHandler(new Hub(), options(65_536))).toThrow(
    /unable to serve the hub: the option 'websocket.backpressureLimit' is 65536 bytes, above which Bun drops messages, and up to 1048576 may wait/,
  )
  expect(() => bunHandler(new Hub(), options(0))).not.toThrow()
  expect(() => bunHandler(new Hub({ limits: { queue: 65_536 } }), options(65_536))).not.toThrow()
})

test('a default limit of Bun counts as well', () => {
  const hub = new Hub({ limits: { transmission: 32 * 1024 * 1024 } })
  expect(() => bunHandler(hub)).not.toThrow()
  expect(() => bunHandler(hub, { websocket: {} })).toThrow(/'websocket.maxPayloadLength' is 16777216 bytes/)
})

test('an option that cannot work is an error at start', () => {
  expect(() => bunHandler(new Hub(), { path: 'chat' })).toThrow(
    /unable to serve the hub: the option 'path' is "chat"; start it with/,
  )
  expect(() => bunHandler(new Hub(), { origins: ['*'] })).toThrow(/matches no Origin header/)
})

test.each([
  [{ fetch: 1 }, "unable to serve the hub: the option 'fetch' is 1; give a function"],
  [{ fetch: null }, "unable to serve the hub: the option 'fetch' is null; give a function"],
  [
    { websocket: 'x' },
    'unable to serve the hub: the option \'websocket\' is "x"; give the handlers of your sockets',
  ],
])('an option of the wrong type is an error that says what to give: %j', (options, message) => {
  expect(() => bunHandler(new Hub(), options as never)).toThrow(message)
})

test('a value that is no hub, or an option that does not exist, is an error that says what to do', () => {
  expect(() => bunHandler({} as Hub)).toThrow(/not a hub; write `bunHandler\(hub, options\)`/)
  expect(() => bunHandler(new Hub(), { paths: '/chat' } as object)).toThrow(
    /no option 'paths'; the options are path, origins, hosts, trustProxy, context, onRefused, fetch, websocket/,
  )
})

test('the spread of a handler is the options of the next in a chain', () => {
  const first = bunHandler(new Hub(), { path: '/a' })
  expect(Object.keys({ ...first })).toEqual(['fetch', 'websocket'])
  expect(Object.keys({ ...bunHandler(new Hub(), { path: '/b', ...first }) })).toEqual(['fetch', 'websocket'])
})
