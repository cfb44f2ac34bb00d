import { expect, onTestFinished, test } from 'vitest'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach, connect } from '../src/index.ts'
import { startServer } from './support/server.ts'

async function chat() {
  const { server, url } = await startServer()
  const hub = testHub()
  attach(hub, server, { path: '/chat' })
  const enter = (token: string) => {
    const client = connect(url('/chat'), { token })
    onTestFinished(() => client.close())
    return client
  }
  return { server, hub, enter }
}

test('clients in Node talk in a room and to each other', async () => {
  const { enter } = await chat()
  const [alice, bob] = [enter('alice'), enter('bob')]
  const lobby = bob.join('#lobby')
  const said = new Promise((resolve) => lobby.on('say', (data, { from }) => resolve([from, data])))
  const dm = new Promise((resolve) => alice.on('dm', (data, { from }) => resolve([from, data])))
  await lobby.ready

  await alice.to('#lobby').send('say', { text: 'hi' })
  await bob.to('@alice').send('dm', { text: 'psst' })

  expect(await said).toEqual(['alice', { text: 'hi' }])
  expect(await dm).toEqual(['bob', { text: 'psst' }])
})

test('a client whose sockets are cut returns and misses no message', async () => {
  const { server, hub, enter } = await chat()
  const sockets: { destroy(): void }[] = []
  server.on('connection', (socket) => sockets.push(socket))
  const bob = enter('bob')
  const lobby = bob.join('#lobby')
  const seen: unknown[] = []
  const all = new Promise<void>((resolve) =>
    lobby.on('say', (data) => {
      seen.push(data)
      if (seen.length === 20) resolve()
    }),
  )
  await lobby.ready

  for (let i = 0; i < 20; i++) {
    if (i === 10) for (const socket of sockets) socket.destroy()
    await hub.to('#lobby').send('say', i)
  }

  await all
  expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i))
})

test('a URL where no hub can be is an error at once', () => {
  expect(() => connect('/chat')).toThrow(/unable to dial/)
})
