import type { Refusal } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach, type NodeWsExtra } from '../src/index.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

async function handshakeFor(path: string, headers: Record<string, string | string[]>) {
  const { server, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  await RawPeer.upgraded(port, path, headers)
  const accepted = hub.accepted[0]
  if (accepted === undefined) throw new Error('nothing was accepted')
  return accepted
}

test('the first of several query parameters with one name wins', async () => {
  const { handshake } = await handshakeFor('/chat?a=1&b=%C3%A4+%26&a=2&c', {})

  expect({ ...handshake.query }).toEqual({ a: '1', b: 'ä &', c: '' })
  expect(handshake.path).toBe('/chat')
})

test('header names are in lower case, and repeated headers joined', async () => {
  const { handshake } = await handshakeFor('/chat', { 'X-Thing': ['one', 'two'] })

  expect(handshake.headers['x-thing']).toBe('one, two')
  expect(handshake.headers['host']).toBe('127.0.0.1')
})

test('cookies are decoded, and one that is not encoded is taken as it is', async () => {
  const cookie = 'a=1; b="quoted"; c=%C3%A4; d=100%; e=x=y; a=2; nameless; f='

  const { handshake } = await handshakeFor('/chat', { Cookie: cookie })

  expect({ ...handshake.cookies }).toEqual({ a: '1', b: 'quoted', c: 'ä', d: '100%', e: 'x=y', f: '' })
})

test('the remote address is the socket’s, whatever a header says (SEC-26)', async () => {
  const { handshake } = await handshakeFor('/chat', {
    'X-Forwarded-For': '6.6.6.6',
    Forwarded: 'for=6.6.6.6',
  })

  expect(handshake.remoteAddress).toBe('127.0.0.1')
  expect(handshake.origin).toBeNull()
})

test('a whole URL, as proxies write it, has the same path', async () => {
  const { handshake } = await handshakeFor('http://127.0.0.1/chat?a=1', {})

  expect(handshake.path).toBe('/chat')
  expect({ ...handshake.query }).toEqual({ a: '1' })
})

test('`context` keeps a part of the request, and `extra` has the socket', async () => {
  const { server, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat', context: ({ httpVersion }) => httpVersion })
  const next = hub.next()

  await RawPeer.upgraded(port, '/chat')

  const { connection } = await next
  const { context, socket } = connection.extra as NodeWsExtra<string>
  expect(context).toBe('1.1')
  expect(socket.readyState).toBe(1)
  expect(connection.capabilities.name).toBe('node-ws')
})

test('a `context` that throws is answered with 500, and `onRefused` gets the error', async () => {
  const { server, port } = await startServer()
  const hub = new StandIn()
  const refusals: Refusal[] = []
  const context = (): never => {
    throw new Error('secret detail')
  }
  attach(hub, server, { path: '/chat', context, onRefused: (refusal) => void refusals.push(refusal) })
  const peer = await RawPeer.connect(port)

  peer.socket.write(upgradeRequest('/chat'))

  const { status, body } = await peer.response()
  expect([status, body.includes('secret')]).toEqual([500, false])
  expect(refusals[0]?.error).toEqual(new Error('secret detail'))
  expect(hub.accepted).toHaveLength(0)
})
