import { Client, type Hub, handleAsk, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { expect, onTestFinished, test } from 'vitest'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach, connect } from '../src/index.ts'
import { startServer } from './support/server.ts'

/** Whatever an application can see of a conversation, except what is random. */
async function conversation(enter: (token: string) => Client, hub: Hub): Promise<string[]> {
  const seen: string[] = []
  const [alice, bob] = [enter('alice'), enter('bob')]
  const note = (who: string, what: unknown): number => seen.push(`${who}: ${JSON.stringify(what)}`)
  for (const [who, client] of [
    ['alice', alice],
    ['bob', bob],
  ] as const) {
    client.on('dm', (data, { from, address, position }) =>
      note(who, { data, from, address, at: position?.[1] }),
    )
    handleAsk(client, 'confirm', (question) => `${who} says yes to ${String(question)}`)
  }
  const room = bob.join('#lobby')
  room.on('say', (data, { from, position }) => note('bob', { data, from, at: position?.[1] }))
  room.on('typing', (data, { from, durable }) => note('bob', { data, from, durable }))
  await room.ready
  await alice.join('#lobby').ready
  for (const data of [0, null, '', 'é 👋 \u2028 "\\', [[1]], { a: { b: [] } }, 'x'.repeat(60_000)])
    note('alice', { at: (await alice.to('#lobby').send('say', data)).position[1] })
  alice.to('#lobby').cast('typing', true)
  note('alice', { at: (await alice.to('@bob').send('dm', 'psst')).position[1] })
  await hub.broadcast('dm', 'to everyone')
  note('hub', await hub.to('@bob').ask('confirm', 'this'))
  for (const wrong of [alice.to('~somebody').send('say', 1), alice.call('nothing', 1)])
    note(
      'alice',
      await wrong.then(
        () => 'fine',
        (error: { code: string }) => error.code,
      ),
    )
  const { messages, base, top, more } = await bob.history('#lobby', { limit: 3 })
  note('bob', [messages.map(({ data, position, from }) => [data, position[1], from]), base, top, more])
  room.leave()
  await alice.to('#lobby').send('say', 'nobody hears this')
  await hub.to('@bob').send('dm', 'last')
  while (!seen.some((line) => line.includes('"last"'))) await new Promise((resolve) => setImmediate(resolve))
  note('hub', [...hub.rooms])
  alice.close()
  bob.close()
  while (hub.sessions.length > 0) await new Promise((resolve) => setImmediate(resolve))
  note('hub', hub.sessions)
  // Who hears of a message first, its sender or a reader, is no promise.
  return seen.toSorted()
}

test('FZ-04: an application sees the same over a socket as over memory', async () => {
  const { server, url } = await startServer()
  const overSockets = testHub()
  attach(overSockets, server, { path: '/chat' })
  const sockets = await conversation((token) => {
    const client = connect(url('/chat'), { token })
    onTestFinished(() => client.close())
    return client
  }, overSockets)

  const overMemory = testHub()
  const network = new MemoryNetwork(systemRuntime)
  network.listen('hub', overMemory)
  const dial = network.dialer('hub')
  const memory = await conversation((token) => new Client({ dial, token }), overMemory)

  expect(sockets.length).toBeGreaterThan(20)
  expect(sockets).toEqual(memory)
})
