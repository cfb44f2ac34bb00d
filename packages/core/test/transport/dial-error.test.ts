import { answerError, describeAnswer, retryAfterOf, unreachableError } from '@chat/core/transport'
import { expect, test } from 'vitest'

const target = new URL('wss://app.example/chat?token=secret')

test.each([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [426, 'unavailable'],
  [200, 'unavailable'],
  [503, 'unavailable'],
])('a server that answers %i gives the code %s', (status, code) => {
  expect(answerError(target, { status, retryAfter: null, text: '' }).code).toBe(code)
})

test('the error names the hub without the query, quotes the answer in one line, and tells when to come back', () => {
  const error = answerError(target, { status: 503, retryAfter: '5', text: 'Shutting\ndown.\u001b[2J\n' })
  expect(error.message).toBe(
    'unable to connect to wss://app.example/chat: the server answered 503: Shutting down. [2J',
  )
  expect(error.retryAfter).toBe(5_000)
})

test.each([
  [301, '/chat/?token=secret', '301, a redirect to "/chat/", which is not followed; give the final URL'],
  [308, 'https://www.app.example/chat', '308, a redirect to "https://www.app.example/chat", which is not'],
  [302, null, '302, a redirect, which is not followed; give the final URL'],
  // A page sees neither.
  [0, null, 'with a redirect, which is not followed; give the final URL'],
])('a redirect with %i names its Location %j, without the query', (status, location, text) => {
  const { code, message } = answerError(target, { status, retryAfter: null, location, text: '' })
  expect([code, message]).toEqual(['unavailable', expect.stringContaining(`the server answered ${text}`)])
})

test('a hub that cannot be reached is unavailable, with the cause', () => {
  const cause = new Error('connect ECONNREFUSED')
  expect(unreachableError(target, cause)).toMatchObject({
    code: 'unavailable',
    message: 'unable to connect to wss://app.example/chat: connect ECONNREFUSED',
    cause,
  })
  expect(unreachableError(target, 'no route').message).toMatch(/: no route$/)
})

test('an answer without words is its status', () => {
  expect(describeAnswer({ status: 502, text: ' \n' })).toBe('502')
})

test.each([
  ['5', 5_000],
  ['0', 0],
  ['-1', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 0],
  [null, 0],
  [undefined, 0],
])('Retry-After %j is %i milliseconds', (header, milliseconds) => {
  expect(retryAfterOf(header)).toBe(milliseconds)
})
