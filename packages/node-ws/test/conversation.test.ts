import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach } from '../src/index.ts'
import { welcomed } from './support/client.ts'
import { startServer } from './support/server.ts'

test('two clients of a hub attached to an HTTP server talk in a room', async () => {
  const { server, url } = await startServer()
  attach(testHub(), server, { path: '/chat' })
  const alice = await welcomed(url('/chat'), 'alice')
  const bob = await welcomed(url('/chat'), 'bob')
  bob.send('join', 1, '#lobby')
  await bob.until('ok')

  alice.send('send', 1, '#lobby', 'say', { text: 'hi' })

  expect((await bob.until('msg')).slice(0, 6)).toEqual(['msg', '#lobby', 1, 'say', { text: 'hi' }, 'alice'])
})

test('a hub can be attached before the server listens, and leaves its pages alone', async () => {
  const server = createServer((_request, response) => void response.end('page'))
  const hub = testHub()
  attach(hub, server, { path: '/chat' })
  const { url, port } = await startServer(server)

  const alice = await welcomed(url('/chat'), 'alice')
  const page = await fetch(`http://127.0.0.1:${port}/chat`)

  expect(await page.text()).toBe('page')
  await hub.to('@alice').send('dm', 'only for you')
  expect((await alice.until('msg')).slice(3, 5)).toEqual(['dm', 'only for you'])
})

test('frames of one turn are sent in one message, joined by a line feed (P-FR-1)', async () => {
  const { server, url } = await startServer()
  const hub = testHub()
  attach(hub, server, { path: '/chat' })
  const alice = await welcomed(url('/chat'), 'alice')

  for (let i = 0; i < 10; i++) void hub.to('@alice').send('dm', i)

  const events = (await alice.next()).split('\n').map((line) => JSON.parse(line)[4])
  expect(events).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
