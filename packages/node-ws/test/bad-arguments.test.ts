import { createServer, type Server } from 'node:http'
import { UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { attach, connect, dial, upgradeHandler } from '../src/index.ts'
import { StandIn } from './support/hub.ts'

/** Calls `attach` as JavaScript can. */
const attachAny = (...args: unknown[]): (() => unknown) => {
  return () => (attach as (...args: unknown[]) => unknown)(...args)
}

const hub = new StandIn()
const server: Server = createServer()
/** An app of Express is a function with the methods of an emitter. */
const app = Object.assign(function app() {}, { on() {}, off() {}, listeners: () => [], listen() {} })

test.each([
  [
    'the server before the hub',
    [server, hub, { path: '/chat' }],
    /the hub comes before the server; write `attach/,
  ],
  ['an app in place of its server', [hub, app, { path: '/chat' }], /is the function app, not an HTTP server/],
  ['no server', [hub, undefined, { path: '/chat' }], /is undefined, not an HTTP server/],
  ['no hub', [{}, server, { path: '/chat' }], /is an instance of Object, not a hub; write `attach/],
  ['no options', [hub, server], /the option 'path' is missing; write `attach/],
  ['a path in place of the options', [hub, server, '/chat'], /the options are not an object, but "\/chat"/],
  [
    'a path that is no text',
    [hub, server, { path: 8 }],
    /unable to serve the hub: the option 'path' is 8; start it with/,
  ],
  [
    'an option that does not exist',
    [hub, server, { path: '/chat', origin: '*' }],
    /no option 'origin'; the options are path, origins, hosts, trustProxy, context, onRefused, compression/,
  ],
  [
    'a misspelt option',
    [hub, server, { path: '/chat', orgins: [] }],
    /no option 'orgins'; the options are path, origins, .*; did you mean 'origins'\?/,
  ],
  [
    'a host that is no text',
    [hub, server, { path: '/chat', hosts: [8] }],
    /the option 'hosts' has 8 in its list; give texts/,
  ],
  [
    'a number of proxies that is none',
    [hub, server, { path: '/chat', trustProxy: true }],
    /the option 'trustProxy' is true; give the number of proxies/,
  ],
  [
    'a text as `context`',
    [hub, server, { path: '/chat', context: 'cookie' }],
    /the option 'context' is "cookie"; give a function/,
  ],
])('`attach` with %s is an error that says what to do', (_, args, message) => {
  expect(attachAny(...args)).toThrow(UsageError)
  expect(attachAny(...args)).toThrow(message)
  expect(server.listenerCount('upgrade')).toBe(0)
})

test('`upgradeHandler`, `dial` and `connect` refuse options that do not exist', () => {
  const wrong = { orign: 'https://app.example' } as object
  expect(() => upgradeHandler(hub, wrong)).toThrow(/no option 'orign'; the options are path, origins/)
  expect(() => dial('ws://127.0.0.1/chat', wrong)).toThrow(
    /no option 'orign'; the options are headers, origin/,
  )
  expect(() => connect('ws://127.0.0.1/chat', wrong)).toThrow(
    /no option 'orign'; the options are .*headers, origin/,
  )
})

test.each([
  [
    'x',
    /^unable to serve the hub: the option 'compression' is "x"; give true, false or \{ threshold: bytes \}$/,
  ],
  [null, /the option 'compression' is null; give true, false or/],
  [1, /the option 'compression' is 1; give true, false or/],
  [{ treshold: 8 }, /there is no option 'compression.treshold'; the options are threshold/],
  [{ threshold: '8' }, /the option 'compression.threshold' is "8"; give a number of bytes, at least 0/],
  [{ threshold: -1 }, /the option 'compression.threshold' is -1; give a number of bytes, at least 0/],
])('a `compression` of %j is an error that says what to give', (compression, message) => {
  const options = { path: '/chat', compression } as never
  for (const serve of [() => upgradeHandler(hub, options), () => attach(hub, server, options)]) {
    expect(serve).toThrow(UsageError)
    expect(serve).toThrow(message)
  }
  expect(server.listenerCount('upgrade')).toBe(0)
})

test.each<[object, RegExp]>([
  [{ headrs: {} }, /no option 'headrs'; .*; did you mean 'headers'\?/],
  [{ headers: 'cookie: a=1' }, /the option 'headers' must be an object, but is "cookie: a=1"/],
  [{ headers: { cookie: 1 } }, /the option 'headers.cookie' must be a text, but is 1/],
  [
    { headers: new Headers() },
    /the option 'headers' must be a plain object, such as Object.fromEntries\(headers\), but is an instance of Headers/,
  ],
  [{ origin: null }, /the option 'origin' must be a text, but is null/],
  [{ handshakeTimeout: '5s' }, /the option 'handshakeTimeout' must be a number of milliseconds.*"5s"/],
  [{ maxPayload: 0 }, /the option 'maxPayload' must be a number of bytes above 0, but is 0/],
  [{ agent: 'proxy' }, /the option 'agent' must be an object, but is "proxy"/],
])('`dial` with %j is an error that says what to give', (options, message) => {
  expect(() => dial('ws://127.0.0.1/chat', options)).toThrow(UsageError)
  expect(() => dial('ws://127.0.0.1/chat', options)).toThrow(message)
})

test('`connect` takes the options of `dial` and those of a client', async () => {
  const client = connect('ws://127.0.0.1:9/chat', {
    token: 'alice',
    headers: { cookie: 'a=1' },
    origin: 'https://app.example',
  })
  await client.close()
})

test('`handleUpgrade` and `accept` name the argument that is wrong', () => {
  const chat = upgradeHandler(hub) as unknown as Record<
    'handleUpgrade' | 'accept',
    (...args: unknown[]) => unknown
  >
  const request = { url: '/chat', headers: {}, socket: {}, on() {} }
  for (const wrong of [undefined, null, {}, request]) {
    expect(() => chat.handleUpgrade(request, wrong)).toThrow(UsageError)
    expect(() => chat.handleUpgrade(request, wrong)).toThrow('write `handleUpgrade(request, socket, head)`')
    expect(() => chat.accept(wrong, request)).toThrow('not a socket; write `accept(socket, request)`')
  }
  for (const wrong of [undefined, null, {}, { raw: request }])
    expect(() => chat.accept({ on() {} }, wrong)).toThrow('give a request of node:http, such as request.raw')
})
