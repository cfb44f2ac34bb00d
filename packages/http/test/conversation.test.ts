import { Client } from '@chat/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { testHub } from '../../../test-support/test-hub.ts'
import { TestServer } from '../../../test-support/test-server.ts'
import { dial } from '../src/client/index.ts'
import { nodeHttpHandler } from '../src/node/index.ts'

async function start() {
  const hub = testHub()
  const chat = nodeHttpHandler(hub, { path: '/chat' })
  const server = await TestServer.start((request, response) => void chat(request, response))
  onTestFinished(() => server.stop())
  const enter = (token: string | null): Client => {
    const client = new Client({ dial: dial(server.url), token })
    onTestFinished(() => client.close())
    return client
  }
  return { hub, server, enter }
}

test('messages to everyone, to a room and to a user, over HTTP alone', async () => {
  const { hub, enter } = await start()
  const [alice, bob] = [enter('alice'), enter('bob')]
  const heard: unknown[] = []
  const room = bob.join('#lobby')
  room.on('say', (data, { from }) => heard.push(['#lobby', data, from]))
  bob.on('say', (data, { from, address }) => heard.push([address, data, from]))
  await room.ready

  await alice.to('#lobby').send('say', 'to the room')
  await alice.to('@bob').send('say', 'to you')
  await hub.broadcast('say', 'to all')

  await vi.waitFor(() => expect(heard).toHaveLength(3))
  expect(heard).toEqual(
    expect.arrayContaining([
      ['#lobby', 'to the room', 'alice'],
      ['@bob', 'to you', 'alice'],
      ['*', 'to all', null],
    ]),
  )
})

test('a cut stream leads to a resume: no message is lost, and none comes twice', async () => {
  const { hub, server, enter } = await start()
  const resumed: boolean[] = []
  hub.on('$connect', (connect) => resumed.push(connect.resumed))
  const bob = enter('bob')
  const heard: unknown[] = []
  const room = bob.join('#lobby')
  room.on('say', (data) => heard.push(data))
  room.on('$gap', ({ reason }) => heard.push(reason))
  await room.ready
  await hub.to('#lobby').send('say', 1)
  await vi.waitFor(() => expect(heard).toEqual([1]))

  server.reset()
  await hub.to('#lobby').send('say', 2)
  await bob.to('#lobby').send('say', 3)

  await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]), 5_000)
  expect(resumed).toEqual([false, true])
})

test('a refused client is closed for good, with the reason', async () => {
  const { enter } = await start()
  const nobody = enter(null)
  const errors: unknown[] = []
  nobody.on('$status', ({ error }) => errors.push(error?.code))

  await vi.waitFor(() => expect(nobody.status).toBe('closed'))
  expect(errors).toEqual(['unauthorized'])
})

test('a client that closes leaves at once', async () => {
  const { hub, enter } = await start()
  const codes: number[] = []
  hub.on('$disconnect', ({ code }) => codes.push(code))
  const alice = enter('alice')
  await alice.join('#lobby').ready

  alice.close()

  await vi.waitFor(() => expect(codes).toEqual([1000]))
})
