import type { Client } from '@chat/core'
import { expect, it, onTestFinished } from 'vitest'
import { type ConnectOptions, connect } from '../src/index.ts'
import { type Chat, eventually, reaches } from './support/chat.ts'
import { call, urlOf } from './support/control.ts'
import type { WebSocketFate } from './support/server.ts'

async function start(fate: WebSocketFate, options: ConnectOptions<Chat> = {}) {
  const hub = await call('startHub')
  onTestFinished(() => call('stopHub', hub))
  await call('webSockets', hub, fate)
  const enter = (): Client<Chat> => {
    const made = connect<Chat>(urlOf(hub), { token: 'alice', webSocketTimeout: 300, ...options })
    onTestFinished(() => made.close())
    return made
  }
  return { hub, enter }
}

const transports = (hub: string): Promise<string[]> => call('transports', hub)

it.each(['refused', 'answered', 'cut', 'swallowed'] as const)(
  'goes over HTTP where WebSocket is %s',
  async (fate) => {
    const { hub, enter } = await start(fate)
    const alice = enter()
    const room = alice.join('#lobby')
    const heard: string[] = []
    room.on('say', ({ text }) => heard.push(text))
    await room.ready

    await call('say', hub, '#lobby', 'say', { text: 'from the hub 👋' })
    await room.send('say', { text: 'from here\n👋' })

    await eventually(() => expect(heard).toEqual(['from the hub 👋', 'from here\n👋']))
    expect(await alice.call('double', 21)).toBe(42)
    expect(await transports(hub)).toEqual(['http'])
  },
)

it('remembers a blocked WebSocket for the session', async () => {
  // A client that did not remember would exceed the timeout of the test.
  const patient = { webSocketTimeout: 300 }
  const { hub, enter } = await start('swallowed', patient)
  const first = enter()
  await reaches(first, 'connected')
  first.close()
  patient.webSocketTimeout = 100_000

  await reaches(enter(), 'connected')

  await eventually(async () => expect(await transports(hub)).toEqual(['http']))
})

it('moves to WebSocket when it opens, and no message is lost or comes twice', async () => {
  const { hub, enter } = await start('refused', { retryWebSocket: 200 })
  const alice = enter()
  const room = alice.join('#lobby')
  const heard: string[] = []
  room.on('say', ({ text }) => heard.push(text))
  room.on('$gap', ({ reason }) => heard.push(reason))
  await room.ready
  const sent: string[] = []
  let moved = false
  const talk = async (): Promise<void> => {
    while (!moved) {
      sent.push(String(sent.length))
      await room.send('say', { text: sent.at(-1) ?? '' })
    }
  }

  const talking = talk()
  await call('webSockets', hub, 'taken')
  await eventually(async () => expect(await transports(hub)).toEqual(['node-ws']))
  moved = true
  await talking

  await eventually(() => expect(heard).toEqual(sent))
  expect(sent.length).toBeGreaterThan(0)
})

it('resumes when its stream is cut', async () => {
  const { hub, enter } = await start('refused')
  const alice = enter()
  const room = alice.join('#lobby')
  const heard: string[] = []
  room.on('say', ({ text }) => heard.push(text))
  room.on('$gap', ({ reason }) => heard.push(reason))
  await room.ready
  await call('say', hub, '#lobby', 'say', { text: 'before' })

  await call('reset', hub)
  await call('say', hub, '#lobby', 'say', { text: 'meanwhile' })
  await room.send('say', { text: 'after' })

  await eventually(() => expect(heard).toEqual(['before', 'meanwhile', 'after']))
})

it('uses a single transport with the option `transport`', async () => {
  const { hub, enter } = await start('taken', { transport: 'http' })

  await reaches(enter(), 'connected')

  expect(await transports(hub)).toEqual(['http'])
})

it('leaves no connection behind when it is closed', async () => {
  const { hub, enter } = await start('refused')
  const alice = enter()
  await reaches(alice, 'connected')

  alice.close()

  await eventually(async () => expect(await transports(hub)).toEqual([]))
  await eventually(async () => expect(await call('connections', hub)).toBe(0))
})
