import { expect, test } from 'vitest'
import { decide, handlerOf, requestOf, status } from '../support/request-handler.ts'

const page = (origin: string, host: string) => ({ headers: { Origin: origin, Host: host } })

test('by default a page connects to its own origin only (SEC-01)', () => {
  expect(status({}, page('https://app.example', 'app.example'))).toBe(101)
  expect(status({}, page('http://app.example:8080', 'app.example:8080'))).toBe(101)
  for (const origin of [
    'https://evil.example',
    'https://app.example.evil.com',
    'https://app.example:444',
    'null',
    'app.example',
    'https://app.example/',
  ])
    expect(status({}, page(origin, 'app.example'))).toBe(403)
  expect(status({}, page('https://app.example', 'app.example@evil'))).toBe(403)
})

test('a request without an origin is not from a page, and is admitted (SEC-01)', () => {
  expect(status({ origins: [] }, { headers: { Host: 'app.example' } })).toBe(101)
})

test('a list of origins is compared exactly (SEC-01)', () => {
  const origins = ['https://app.example', 'null']
  expect(status({ origins }, page('https://app.example', 'api.example'))).toBe(101)
  expect(status({ origins }, page('null', 'api.example'))).toBe(101)
  expect(status({ origins }, page('https://api.example', 'api.example'))).toBe(403)
})

test('a function decides by `true` alone; one that throws is a 500 with its error (SEC-01)', () => {
  const asked = page('https://a.example', 'b.example')
  expect(status({ origins: () => true }, asked)).toBe(101)
  expect(status({ origins: () => false }, asked)).toBe(403)
  const broken = (): boolean => {
    throw new Error('down')
  }
  expect(decide({ origins: broken }, asked)).toMatchObject({ status: 500, error: new Error('down') })
})

test('a function may answer later, and then only `true` admits the page, too (SEC-01)', async () => {
  const later = async (allowed: unknown): Promise<string> => {
    const handler = handlerOf({ origins: async () => allowed as boolean })
    return (await handler.decideUpgrade(requestOf(page('https://a.example', 'b.example')))).outcome
  }
  expect(await later(true)).toBe('admitted')
  for (const other of [false, 'true', 1, null, {}]) expect(await later(other)).toBe('refused')
})

test('a server on a loopback address answers pages to localhost only, until `hosts` has its names (SEC-26)', () => {
  const rebound = { ...page('http://evil.example', 'evil.example'), boundTo: '127.0.0.1' }
  expect(status({}, rebound)).toBe(403)
  expect(status({}, { ...rebound, boundTo: '::ffff:127.0.0.1' })).toBe(403)
  expect(status({}, { ...rebound, boundTo: '10.0.0.1' })).toBe(101)
  expect(status({ hosts: ['evil.example'] }, rebound)).toBe(101)
  expect(status({}, { ...page('http://localhost:80', 'localhost'), boundTo: '::1' })).toBe(403)
  expect(status({}, { ...page('http://localhost:8080', 'localhost:8080'), boundTo: '::1' })).toBe(101)
})

test('an item that could never match is an error that says what to write instead', () => {
  const make = (options: object) => () => handlerOf(options)
  expect(make({ origins: ['https://app.example/'] })).toThrow('"https://app.example"')
  expect(make({ origins: ['*'] })).toThrow(/matches no Origin header/)
  expect(make({ hosts: ['*.example'] })).toThrow(/is no host/)
})

test('the origin of a page in a file, which Electron sends as file://, may be listed', () => {
  expect(status({ origins: ['file://'] }, page('file://', 'api.example'))).toBe(101)
  expect(status({ origins: ['https://app.example'] }, page('file://', 'api.example'))).toBe(403)
})
