import { closeRefused, type Refusal, RequestHandler, refusalAnswer } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { admitted, atOnce, decide, handlerOf, hubOf, requestOf } from '../support/request-handler.ts'

const upgrade = { upgrade: 'websocket' }

test('a request for another path is not for the hub, nor one that is no upgrade: 404 and 426 unless the application answers', () => {
  const handler = handlerOf({ path: '/chat' })
  expect(handler.decide(requestOf({ url: '/other', headers: upgrade }))).toMatchObject({
    outcome: 'not-for-hub',
    refusal: { status: 404 },
  })
  expect(handler.decide(requestOf({}))).toMatchObject({
    outcome: 'not-for-hub',
    refusal: { status: 426, headers: { Upgrade: 'websocket' } },
  })
  expect(atOnce(handler.decide(requestOf({ headers: { Upgrade: 'WebSocket' } }))).outcome).toBe('admitted')
})

test('where the server hands over upgrades only, their header is the server’s business', () => {
  expect(atOnce(handlerOf().decideUpgrade(requestOf({ headers: { upgrade: 'h2c' } }))).outcome).toBe(
    'admitted',
  )
})

test('while the hub closes, requests are refused with a time to come back', () => {
  expect(decide({}, { closing: true })).toMatchObject({ status: 503, retryAfter: 5_000 })
})

test('a request of an open connection is checked without the hub’s closing and without a context', () => {
  const told: number[] = []
  const handler = new RequestHandler<string>(hubOf(true), {
    origins: [],
    context: () => 'kept',
    onRefused: ({ status }) => told.push(status),
  })
  const check = (headers: Record<string, string>) => {
    const request = requestOf({ headers })
    return handler.check(request, handler.match(request) ?? { path: '', search: '', params: {} })
  }
  expect(check({})).toMatchObject({ outcome: 'admitted', context: undefined })
  expect(check({ origin: 'https://evil.example' })).toMatchObject({ outcome: 'refused' })
  expect(told).toEqual([])
})

test('a detached handler has nothing for the hub, and sends opened sockets elsewhere', () => {
  const handler = handlerOf()
  handler.detach()
  expect(handler.detached).toBe(true)
  expect(atOnce(handler.decide(requestOf({ headers: upgrade }))).outcome).toBe('not-for-hub')
  expect(atOnce(handler.decideUpgrade(requestOf({}))).outcome).toBe('not-for-hub')
  expect(handler.decideOpened(requestOf({}), '')).toMatchObject({ refusal: { status: 503 } })
})

test('an opened socket needs a subprotocol of the hub, or none (P-FR-8)', () => {
  const handler = handlerOf()
  expect(atOnce(handler.decideOpened(requestOf({}), '')).outcome).toBe('admitted')
  expect(atOnce(handler.decideOpened(requestOf({}), 'chat.v1.json')).outcome).toBe('admitted')
  expect(handler.decideOpened(requestOf({}), 'chat.v9.cbor')).toMatchObject({ refusal: { status: 400 } })
})

test('where the host has matched the path, the pattern only names parameters', () => {
  const handler = handlerOf({ path: '/ws/:user' })
  const paramsAt = (url: string): unknown => {
    const decision = atOnce(handler.decideOpened(requestOf({ url }), ''))
    return decision.outcome === 'admitted' ? { ...decision.handshake.params } : null
  }
  expect(paramsAt('/ws/alice')).toEqual({ user: 'alice' })
  expect(paramsAt('/socket')).toEqual({})
})

test('the context comes with the decision; a throw refuses the request with 500', () => {
  expect(admitted({}, { context: () => 'kept' }).context).toBe('kept')
  const broken = (): never => {
    throw new Error('no certificate')
  }
  expect(decide({}, { context: broken })).toMatchObject({ status: 500, error: new Error('no certificate') })
})

test('the application is told once about each refusal, with the request, and its throw changes nothing', () => {
  const told: (readonly [number, string])[] = []
  const handler = handlerOf({
    origins: [],
    onRefused(refusal, request) {
      told.push([refusal.status, request])
      throw new Error('the log is full')
    },
  })
  const foreign = requestOf({ url: '/a', headers: { ...upgrade, origin: 'https://evil.example' } })
  expect(handler.decide(foreign)).toMatchObject({ outcome: 'refused', refusal: { status: 403 } })
  expect(handler.refuseUpgrade(requestOf({ url: '/b' }), 'no key')).toMatchObject({
    refusal: { status: 400, error: 'no key' },
  })
  expect(told).toEqual([
    [403, '/a'],
    [400, '/b'],
  ])
})

test('a refusal is an answer that no browser takes for a page', () => {
  const refusal: Refusal = { status: 503, message: 'Not now.', headers: { 'Retry-After': '5' } }
  expect(refusalAnswer(refusal)).toEqual({
    body: 'Not now.\n',
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'Retry-After': '5',
    },
  })
})

test('a socket that was open before its request was refused is closed with the code that stands for the status', () => {
  const codes = ([400, 403, 404, 500, 503] as const).map((status) => {
    const closed: number[] = []
    const connection = { attach() {}, close: (code: number) => closed.push(code) }
    closeRefused(connection as never, { status, message: '' })
    return closed[0]
  })
  expect(codes).toEqual([4502, 4503, 4503, 4004, 4001])
})

test.each([
  [
    { context: {} },
    /unable to serve the hub: the option 'context' is an instance of Object; give a function/,
  ],
  [{ onRefused: 'log' }, /the option 'onRefused' is "log"; give a function/],
  [
    { origins: 'https://app.example' },
    /the option 'origins' is "https:\/\/app.example"; give a list of texts, or a function/,
  ],
  [{ hosts: 'localhost' }, /the option 'hosts' is "localhost"; give a list of texts/],
  [{ path: 8 }, /unable to serve the hub: the option 'path' is 8; start it with "\/"/],
])('an option of the wrong type is an error that says what to give: %j', (options, message) => {
  expect(() => handlerOf(options as object)).toThrow(message)
})
