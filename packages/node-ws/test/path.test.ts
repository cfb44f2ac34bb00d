import { expect, test } from 'vitest'
import { attach } from '../src/index.ts'
import { openClient, refusalOf } from './support/client.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

async function paramsOf(pattern: string, path: string): Promise<unknown> {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: pattern })
  await openClient(url(path))
  return { ...hub.accepted[0]?.handshake.params }
}

test('parameters of the path reach the handshake, decoded', async () => {
  expect(await paramsOf('/ws/:user', '/ws/alice')).toEqual({ user: 'alice' })
  expect(await paramsOf('/ws/:user/:room', '/ws/%C3%A4%20b%2Fc/lobby?x=1')).toEqual({
    user: 'ä b/c',
    room: 'lobby',
  })
})

test('a parameter is one whole segment and never empty', async () => {
  const { server, url } = await startServer()
  attach(new StandIn(), server, { path: '/ws/:user' })

  expect(await refusalOf(url('/ws/'))).toBe(404)
  expect(await refusalOf(url('/ws'))).toBe(404)
  expect(await refusalOf(url('/ws/a/b'))).toBe(404)
})

test('a trailing slash is tolerated where the pattern has one, and nowhere else', async () => {
  expect(await paramsOf('/ws/:user/', '/ws/alice')).toEqual({ user: 'alice' })
  expect(await paramsOf('/ws/:user/', '/ws/alice/')).toEqual({ user: 'alice' })
  const { server, url } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })
  expect(await refusalOf(url('/chat/'))).toBe(404)
})

test('a wrongly encoded path is answered with 400', async () => {
  const { server, url } = await startServer()
  attach(new StandIn(), server, { path: '/ws/:user' })

  expect(await refusalOf(url('/ws/%ff'))).toBe(400)
  expect(await refusalOf(url('/ws/%'))).toBe(400)
})

test('names of the prototype are ordinary names (SEC-11)', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/ws/:__proto__/:constructor' })

  await openClient(url('/ws/a/b?__proto__=c&toString=d'), { headers: { cookie: '__proto__=e; valueOf=f' } })

  const { params, query, cookies, headers } = hub.accepted[0]?.handshake ?? {}
  expect(Object.entries(params ?? {})).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  expect(Object.entries(query ?? {})).toEqual([
    ['__proto__', 'c'],
    ['toString', 'd'],
  ])
  expect(Object.entries(cookies ?? {})).toEqual([
    ['__proto__', 'e'],
    ['valueOf', 'f'],
  ])
  expect(headers?.['constructor']).toBeUndefined()
})

test('letters beyond ASCII in a pattern match as browsers encode them', async () => {
  expect(await paramsOf('/größe', '/gr%C3%B6%C3%9Fe')).toEqual({})
})

test('a path is not normalised, so no path passes for another', async () => {
  const { server, url } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })

  expect(await refusalOf(url('/ch%61t'))).toBe(404)
  expect(await refusalOf(url('//chat'))).toBe(404)
  expect(await refusalOf(url('/CHAT'))).toBe(404)
})

test.each(['chat', '/chat?x=1', '/chat/*', '/:', '/:a-b', '/:a/:a', '/a b', ''])(
  'a path that could never match is refused at attach: %j',
  async (path) => {
    const { server } = await startServer()

    expect(() => attach(new StandIn(), server, { path })).toThrow(/unable to serve the hub/)
  },
)
