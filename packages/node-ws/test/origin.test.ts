import type { Refusal } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach, type UpgradeHandlerOptions } from '../src/index.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

/** The status for each pair of `Origin` and `Host`. */
async function statuses(
  options: UpgradeHandlerOptions,
  pairs: readonly (readonly [string | null, string])[],
) {
  const { server, port } = await startServer(undefined, '127.0.0.1')
  attach(new StandIn(), server, { ...options, path: '/chat' })
  const found: (readonly [string | null, string, number])[] = []
  for (const [origin, host] of pairs) {
    const peer = await RawPeer.connect(port)
    peer.socket.write(upgradeRequest('/chat', { Origin: origin, Host: host }))
    found.push([origin, host, (await peer.response()).status])
  }
  return found
}

const anyHost = { hosts: ['app.example', 'localhost'] }

test('by default only pages of the same origin may connect (SEC-01)', async () => {
  const expected = [
    ['https://app.example', 'app.example', 101],
    ['https://app.example', 'app.example:443', 101],
    ['http://app.example', 'app.example:80', 101],
    ['http://app.example:8080', 'app.example:8080', 101],
    ['http://localhost:3000', 'LOCALHOST:3000', 101],
    ['https://app.example:444', 'app.example', 403],
    ['https://app.example', 'app.example:444', 403],
    ['http://app.example:8080', 'app.example', 403],
    ['https://app.example.evil.com', 'app.example', 403],
    ['https://evil-app.example', 'app.example', 403],
    ['https://sub.app.example', 'app.example', 403],
    ['https://evil.example', 'app.example', 403],
    ['https://app.example@evil.example', 'app.example', 403],
    ['https://app.example/', 'app.example', 403],
    ['null', 'app.example', 403],
    ['', 'app.example', 403],
    ['file://', 'app.example', 403],
    ['https://app.example, https://evil.example', 'app.example', 403],
    ['chrome-extension://app.example', 'app.example', 403],
  ] as const

  expect(
    await statuses(
      anyHost,
      expected.map(([origin, host]) => [origin, host] as const),
    ),
  ).toEqual(expected)
})

test('a request without Origin is not from a page and may connect (SEC-01)', async () => {
  expect(await statuses({}, [[null, 'anything.example']])).toEqual([[null, 'anything.example', 101]])
})

test('a server on a loopback address answers pages to its loopback names only, so that no foreign name can be pointed at it (SEC-01)', async () => {
  const expected = [
    ['http://localhost:3000', 'localhost:3000', 101],
    ['http://127.0.0.1', '127.0.0.1', 101],
    ['http://[::1]:3000', '[::1]:3000', 101],
    ['http://evil.example:3000', 'evil.example:3000', 403],
    ['http://localhost.evil.example', 'localhost.evil.example', 403],
    ['http://127.0.0.1.evil.example', '127.0.0.1.evil.example', 403],
  ] as const

  expect(
    await statuses(
      {},
      expected.map(([origin, host]) => [origin, host] as const),
    ),
  ).toEqual(expected)
})

test('a server on every address ignores its name, but still checks the origin', async () => {
  const { server, port } = await startServer(undefined, '0.0.0.0')
  attach(new StandIn(), server, { path: '/chat' })
  const statusOf = async (origin: string): Promise<number> => {
    const peer = await RawPeer.connect(port)
    peer.socket.write(upgradeRequest('/chat', { Origin: origin, Host: 'app.example' }))
    return (await peer.response()).status
  }

  expect(await statusOf('https://app.example')).toBe(101)
  expect(await statusOf('https://evil.example')).toBe(403)
})

test('listed names are compared without a port, or with the port they name', async () => {
  const expected = [
    ['http://app.example:1', 'app.example:1', 101],
    ['http://other.example:1', 'other.example:1', 403],
    ['http://other.example:2', 'other.example:2', 101],
  ] as const

  const hosts = ['App.Example', 'other.example:2']
  expect(
    await statuses(
      { hosts },
      expected.map(([origin, host]) => [origin, host] as const),
    ),
  ).toEqual(expected)
})

test('a list of origins is compared exactly and replaces the default (SEC-01)', async () => {
  const expected = [
    ['https://app.example', 'api.example', 101],
    ['null', 'api.example', 101],
    ['capacitor://localhost', 'api.example', 101],
    ['https://api.example', 'api.example', 403],
    ['http://app.example', 'api.example', 403],
    ['https://app.example.evil.com', 'api.example', 403],
    ['https://APP.example', 'api.example', 403],
  ] as const

  const origins = ['https://app.example', 'null', 'capacitor://localhost']
  expect(
    await statuses(
      { origins },
      expected.map(([origin, host]) => [origin, host] as const),
    ),
  ).toEqual(expected)
})

test('a function decides about origins, and only `true` or a promise of `true` admits a page', async () => {
  const origins = (origin: string): boolean | Promise<boolean> => {
    if (origin === 'https://promise.example') return Promise.resolve(true)
    if (origin === 'https://word.example') return Promise.resolve('yes') as Promise<never>
    if (origin === 'https://throw.example') throw new Error('secret detail')
    return origin.endsWith('.app.example')
  }
  const refusals: Refusal[] = []

  const expected = [
    ['https://a.app.example', 'h', 101],
    ['https://b.example', 'h', 403],
    ['https://promise.example', 'h', 101],
    ['https://word.example', 'h', 403],
    ['https://throw.example', 'h', 500],
  ] as const
  const options = { origins, onRefused: (refusal: Refusal) => void refusals.push(refusal) }
  expect(
    await statuses(
      options,
      expected.map(([origin, host]) => [origin, host] as const),
    ),
  ).toEqual(expected)

  expect(refusals.map(({ status }) => status)).toEqual([403, 403, 500])
  expect(refusals[2]?.error).toEqual(new Error('secret detail'))
})

test.each([
  '*',
  'app.example',
  'https://app.example/',
  'https://App.example',
  'https://*.app.example',
  'https:',
])('an origin that no browser sends is refused at attach: %s', async (origin) => {
  const { server } = await startServer()

  expect(() => attach(new StandIn(), server, { path: '/chat', origins: [origin] })).toThrow(
    /no Origin header/,
  )
})

test.each(['https://app.example', '*.app.example', 'app.example/x', ''])(
  'a host that no request names is refused at attach: %j',
  async (host) => {
    const { server } = await startServer()

    expect(() => attach(new StandIn(), server, { path: '/chat', hosts: [host] })).toThrow(/is no host/)
  },
)
