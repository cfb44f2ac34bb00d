import { expect, test } from 'vitest'
import { admitted, handlerOf, status } from '../support/request-handler.ts'

const paramsOf = (path: string, url: string): unknown => ({ ...admitted({ path }, { url }).handshake.params })

test('parameters are whole segments, never empty, and decoded', () => {
  expect(paramsOf('/ws/:user', '/ws/alice?x=1')).toEqual({ user: 'alice' })
  expect(paramsOf('/ws/:user/:room', '/ws/%C3%A4%20b%2Fc/lobby')).toEqual({ user: 'ä b/c', room: 'lobby' })
  for (const url of ['/ws', '/ws/', '/ws/a/b', '/WS/a', 'ws/a', ''])
    expect(status({ path: '/ws/:user' }, { url })).toBe(null)
})

test('a whole URL, as proxies and `Request` write it, is matched by its path (SEC-26)', () => {
  expect(paramsOf('/ws/:user', 'https://app.example/ws/alice?x=1')).toEqual({ user: 'alice' })
  expect(paramsOf('/ws/:user', 'http://app.example:8080/ws/alice')).toEqual({ user: 'alice' })
  expect(status({ path: '/chat' }, { url: 'https://app.example' })).toBe(null)
})

test('a path is compared as it arrived: it is neither resolved nor decoded to fit', () => {
  for (const url of ['/x/../chat', '/%63hat', '//chat', '/chat/', '/chat;a'])
    expect(status({ path: '/chat' }, { url })).toBe(null)
  expect(status({ path: '/chat/' }, { url: '/chat' })).toBe(101)
})

test('a parameter may be named like a member of every object', () => {
  const { params } = admitted({ path: '/:constructor/:toString' }, { url: '/a/b' }).handshake
  expect(Object.entries(params)).toEqual([
    ['constructor', 'a'],
    ['toString', 'b'],
  ])
  expect(admitted({ path: '/chat' }, {}).handshake.params['constructor']).toBeUndefined()
})

test('a path that is not encoded correctly is refused with 400', () => {
  expect(status({ path: '/ws/:user' }, { url: '/ws/%C3' })).toBe(400)
})

test('without a pattern every path is the hub’s, and has no parameters', () => {
  expect(status({}, { url: '/anything/%C3' })).toBe(101)
  expect(Object.keys(admitted({}, { url: '/a' }).handshake.params)).toEqual([])
})

test.each(['chat', '/chat?x', '/chat#x', '/a b', '/*', '/:1', '/:', '/:a/:a'])(
  'the path %j is an error in the call that has it',
  (path) => {
    expect(() => handlerOf({ path })).toThrow(/^unable to serve the hub: .*'path'/)
  },
)

test('patterns of the same paths have the same shape; in sorted order, a literal segment comes before a parameter', () => {
  const shapeOf = (path: string): string => handlerOf({ path }).shape
  expect(shapeOf('/ws/:user')).toBe(shapeOf('/ws/:name/'))
  expect(shapeOf('/ws/me') < shapeOf('/ws/:user')).toBe(true)
})
