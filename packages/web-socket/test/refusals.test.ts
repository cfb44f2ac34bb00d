import { Hub } from '@chat/core'
import { expect, test } from 'vitest'
import { type WebSocketHandlerOptions, webSocketHandler } from '../src/index.ts'

/** No request of these tests may come as far as an upgrade, unless it says what that does. */
const upgrade = (): never => {
  throw new TypeError('no key')
}

async function answer(
  options: WebSocketHandlerOptions,
  { path = '/chat', headers = {}, upgrading = true } = {},
): Promise<Response> {
  const request = new Request(`http://app.example${path}`, {
    headers: { host: 'app.example', ...(upgrading ? { upgrade: 'websocket' } : {}), ...headers },
  })
  return webSocketHandler(new Hub(), { path: '/chat', upgrade, ...options }).fetch(request)
}

test('a page of another origin is refused with 403 (SEC-01)', async () => {
  expect((await answer({}, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
})

test('a request that the platform does not upgrade gets 400, and only the application gets the reason', async () => {
  const told: unknown[] = []
  const response = await answer({ onRefused: ({ error }) => told.push(error) })
  expect(response.status).toBe(400)
  expect(await response.text()).not.toContain('no key')
  expect(told).toEqual([new TypeError('no key')])
})

test('requests for other paths, and other requests for the hub’s path, go to the application', async () => {
  const page = { fetch: () => new Response('page') }
  expect(await (await answer(page, { path: '/other' })).text()).toBe('page')
  expect(await (await answer(page, { upgrading: false })).text()).toBe('page')
  expect((await answer({}, { path: '/other' })).status).toBe(404)
  expect((await answer({}, { upgrading: false })).status).toBe(426)
})

test.skipIf('Deno' in globalThis)(
  'a platform that cannot upgrade requests is an error at start [Deno can upgrade]',
  () => {
    expect(() => webSocketHandler(new Hub(), { path: '/chat' })).toThrow(/use @chat\/node-ws on Node/)
  },
)

test('a value that is no hub, or an option that does not exist, is an error that says what to do', () => {
  expect(() => webSocketHandler({} as Hub, { upgrade })).toThrow(
    /not a hub; write `webSocketHandler\(hub, options\)`/,
  )
  expect(() => webSocketHandler(new Hub(), { upgrade, compression: true } as object)).toThrow(
    /no option 'compression'; the options are .* fetch, backpressure, upgrade, remoteAddress/,
  )
})
