import { expect, test } from 'vitest'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach } from '../src/index.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

test('while a hub closes, new upgrades are answered with 503 and a Retry-After (N-01)', async () => {
  const { server, port } = await startServer()
  const hub = testHub()
  attach(hub, server, { path: '/chat' })
  const closed = hub.close({ deadline: 0 })

  const peer = await RawPeer.connect(port)
  peer.socket.write(upgradeRequest('/chat'))
  const { status, headers } = await peer.response()

  expect(status).toBe(503)
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  await closed
})

test('a refusal says what to do, closes the connection, and reveals no secret', async () => {
  const { server, port } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })
  const peer = await RawPeer.connect(port)

  peer.socket.write(
    upgradeRequest('/chat?token=secret', { Origin: 'https://evil.example', Host: 'localhost' }),
  )
  const { headers, body } = await peer.response()

  expect(headers['connection']).toBe('close')
  expect(headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(body).toMatch(/the option 'origins' lists them/)
  expect(body).not.toMatch(/evil|secret/)
  await peer.closed()
})

test('a refused peer that keeps writing and never ends is dropped', async () => {
  const { server, port } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })
  const peer = await RawPeer.connect(port, { allowHalfOpen: true })
  let written = 0
  const write = (): void => {
    while (!peer.socket.destroyed && peer.socket.write(Buffer.alloc(16_384))) written += 16_384
  }
  peer.socket.on('drain', write)

  peer.socket.write(upgradeRequest('/nowhere'))
  write()

  expect((await peer.response()).status).toBe(404)
  await peer.closed()
  expect(written).toBeGreaterThan(0)
})

test('a throw in `onRefused` does no harm', async () => {
  const { server, port } = await startServer()
  const onRefused = (): void => {
    throw new Error('the log is full')
  }
  attach(new StandIn(), server, { path: '/:x', onRefused })
  const peer = await RawPeer.connect(port)

  peer.socket.write(upgradeRequest('/%ff'))

  expect((await peer.response()).status).toBe(400)
})
