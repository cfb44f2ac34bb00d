import { ConnectRequest, nodeRequest, webRequest } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { admitted } from '../support/request-handler.ts'

test('a handshake has path, parameters, query, headers, cookies, origin and address of the request', () => {
  const { handshake } = admitted(
    { path: '/ws/:user', origins: ['https://app.example'] },
    {
      url: '/ws/alice?a=1&b=%20&a=2&constructor=3',
      headers: {
        Host: 'api.example',
        Origin: 'https://app.example',
        Cookie: 'sid="a%20b"; theme=50%; sid=later; toString=1; broken',
      },
    },
  )
  expect({ ...handshake, query: { ...handshake.query }, cookies: { ...handshake.cookies } }).toMatchObject({
    path: '/ws/alice',
    params: { user: 'alice' },
    query: { a: '1', b: ' ', constructor: '3' },
    cookies: { sid: 'a b', theme: '50%', toString: '1' },
    origin: 'https://app.example',
    remoteAddress: '192.0.2.7',
  })
  expect(handshake.headers['host']).toBe('api.example')
  expect(handshake.query['hasOwnProperty']).toBeUndefined()
})

test('headers have names in lower case, repeated headers are joined, and HTTP/2 has a host as well', () => {
  const { headers } = new ConnectRequest({
    native: null,
    url: '/chat',
    headers: [
      [':authority', 'app.example'],
      [':path', '/chat'],
      ['X-Thing', ['one', 'two']],
      ['x-absent', undefined],
    ],
    remoteAddress: () => '',
    boundTo: () => null,
  })
  expect(Object.entries(headers)).toEqual([
    ['x-thing', 'one, two'],
    ['host', 'app.example'],
  ])
})

test('headers are copied when they are asked for, and once', () => {
  let read = 0
  const headers = {
    *[Symbol.iterator](): Iterator<[string, string]> {
      read++
      yield ['upgrade', 'WebSocket']
    },
  }
  const request = webRequest({ url: 'https://app.example/chat', headers }, { remoteAddress: () => '' })
  expect(read).toBe(0)
  expect([request.isUpgrade, request.headers['upgrade'], read]).toEqual([true, 'WebSocket', 1])
})

test('only an object with an address tells where a server listens', () => {
  const boundTo = (bound: unknown): string | null =>
    webRequest({ url: '/', headers: [] }, { remoteAddress: () => '', boundTo: () => bound }).boundTo
  expect(boundTo({ address: '127.0.0.1' })).toBe('127.0.0.1')
  for (const unknown of [null, undefined, '/run/chat.sock', {}, { address: 8 }])
    expect(boundTo(unknown)).toBeNull()
})

test('a request of Node brings its address and its server, unless a framework knows more', () => {
  const server = { address: () => ({ address: '127.0.0.1' }) }
  const request = {
    url: '/cut',
    headers: { host: 'a.example' },
    socket: { remoteAddress: '192.0.2.7', server },
  }
  const plain = nodeRequest(request)
  expect([plain.native, plain.url, plain.remoteAddress, plain.boundTo]).toEqual([
    request,
    '/cut',
    '192.0.2.7',
    '127.0.0.1',
  ])
  const told = nodeRequest(request, { url: '/chat/cut', server: { address: () => null } })
  expect([told.url, told.boundTo]).toEqual(['/chat/cut', null])
})
