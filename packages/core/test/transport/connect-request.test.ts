import { refusalAnswer, refusalCode } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { admitted, ask } from './support.ts'

test('a handshake tells path, query, headers, cookies, origin and address', () => {
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

test('while the hub closes nobody is let in, and told when to come back', () => {
  expect(ask({}, { closing: true })).toMatchObject({ status: 503, headers: { 'Retry-After': '5' } })
})

test('what the application keeps of a request comes with it; a throw refuses it', () => {
  expect(admitted({}, { context: () => 'kept' }).context).toBe('kept')
  const broken = (): never => {
    throw new Error('no certificate')
  }
  expect(ask({}, { context: broken })).toMatchObject({ status: 500, error: new Error('no certificate') })
})

test('a refusal is an answer that no browser takes for a page, or the close code that fits', () => {
  const refusal = { status: 503, message: 'Not now.', headers: { 'Retry-After': '5' } } as const
  expect(refusalAnswer(refusal)).toEqual({
    body: 'Not now.\n',
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'Retry-After': '5',
    },
  })
  expect(([400, 403, 404, 500, 503] as const).map((status) => refusalCode({ status, message: '' }))).toEqual([
    4502, 4503, 4503, 4004, 4001,
  ])
})
