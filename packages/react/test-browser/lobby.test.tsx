import { expect, it } from 'vitest'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, eventually, hooks, startHub } from './support/chat.ts'
import { Lobby } from './support/lobby.tsx'
import { openScreen } from './support/screen.tsx'

const { ChatProvider } = hooks

it('shows the past, the live and the own messages of a room, once each and in the order of the log', async () => {
  const hub = await startHub()
  await call('say', hub, '#lobby', 'say', { text: 'before' })
  const bob = client(hub, 'bob').join('#lobby')
  const screen = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Lobby />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('li')).toEqual(['null: before (stored)']))
  await bob.send('say', { text: 'hello' })
  await eventually(() => expect(screen.texts('li')).toHaveLength(2))
  screen.click('.send')
  await eventually(() =>
    expect(screen.texts('li')).toEqual([
      'null: before (stored)',
      'bob: hello (stored)',
      'alice: hi (stored)',
    ]),
  )
})

it('shows a message at once, and where it stands', async () => {
  const hub = await startHub()
  const screen = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Lobby />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  await call('freeze', hub)
  screen.click('.send')
  await eventually(() => expect(screen.texts('li')).toEqual(['alice: hi (written)']))
  await call('reset', hub)
  await eventually(() => expect(screen.texts('li')).toEqual(['alice: hi (stored)']))
})

it('shows the people in a room, and those who type until their message arrives', async () => {
  const hub = await startHub()
  const [alice, bob] = [client(hub, 'alice'), client(hub, 'bob')]
  const one = openScreen(
    <ChatProvider client={alice}>
      <Lobby />
    </ChatProvider>,
  )
  const two = openScreen(
    <ChatProvider client={bob}>
      <Lobby />
    </ChatProvider>,
  )
  await eventually(() => expect(one.texts('.people')[0]?.split(',').sort()).toEqual(['alice', 'bob']))
  await eventually(() => expect(two.texts('.state')).toEqual(['live']))
  two.click('.type')
  await eventually(() => expect(one.texts('.typing')).toEqual(['bob']))
  expect(two.texts('.typing')).toEqual([''])
  two.click('.send')
  await eventually(() => expect(one.texts('li')).toEqual(['bob: hi (stored)']))
  await eventually(() => expect(one.texts('.typing')).toEqual(['']))
})

it('tells why a room is refused', async () => {
  const hub = await startHub()
  const screen = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Lobby address="#closed" />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('.state')).toEqual(['forbidden']))
})
