import { type ReactElement, type ReactNode, StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, it, onTestFinished } from 'vitest'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, connected, eventually, hooks, startHub } from './support/chat.ts'
import { Counted, Lobby } from './support/lobby.tsx'
import { openScreen } from './support/screen.tsx'

const { ChatProvider, useRoom } = hooks

/** Components that show an element only when it is wanted. */
const Provided = ({ hub, children }: { hub: string; children?: ReactNode }): ReactElement => (
  <ChatProvider client={() => connected(hub, 'alice')}>{children}</ChatProvider>
)

it('under StrictMode, which mounts everything twice, a page connects once and joins once', async () => {
  const hub = await startHub()
  const counts: string[] = []
  const screen = openScreen(
    <Provided hub={hub}>
      <Lobby />
      <Counted counts={counts} />
    </Provided>,
  )
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  expect(counts).toEqual(['mount', 'unmount', 'mount'])
  expect(await call('connections', hub)).toBe(1)
  expect(await call('moves', hub)).toEqual(['+#lobby alice'])
})

it('components of the same room share a handle, and leave the room two seconds after the last is gone', async () => {
  const hub = await startHub()
  const handles = new Set<unknown>()
  const Seen = (): null => {
    handles.add(useRoom('#lobby'))
    return null
  }
  const alice = client(hub, 'alice')
  const screen = openScreen(
    <ChatProvider client={alice}>
      <Seen />
      <Seen />
      <Lobby />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  handles.delete(null)
  expect(handles.size).toBe(1)
  screen.show(<ChatProvider client={alice} />)
  await eventually(() => expect(screen.texts('section')).toEqual([]))
  expect(await call('moves', hub)).toEqual(['+#lobby alice'])
  await eventually(async () => expect(await call('moves', hub)).toEqual(['+#lobby alice', '-#lobby alice']))
})

it('a component that is mounted again at once keeps its handle and its messages, without a request', async () => {
  const hub = await startHub()
  const alice = client(hub, 'alice')
  const screen = openScreen(
    <ChatProvider client={alice}>
      <Lobby key="first" />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  screen.click('.send')
  await eventually(() => expect(screen.texts('li')).toEqual(['alice: hi (stored)']))
  const seen: string[] = []
  for (const key of ['second', 'third']) {
    screen.show(
      <ChatProvider client={alice}>
        <Lobby key={key} />
      </ChatProvider>,
    )
    await eventually(() => expect(screen.texts('li')).toEqual(['alice: hi (stored)']))
    seen.push(...(await call('moves', hub)))
  }
  expect(new Set(seen)).toEqual(new Set(['+#lobby alice']))
})

it('another address is another room, and null is none', async () => {
  const hub = await startHub()
  const alice = client(hub, 'alice')
  await call('say', hub, '#one', 'say', { text: 'in one' })
  await call('say', hub, '#two', 'say', { text: 'in two' })
  const shown = (address: '#one' | '#two' | null): ReactElement => (
    <ChatProvider client={alice}>
      <Lobby address={address} />
    </ChatProvider>
  )
  const screen = openScreen(shown(null))
  await eventually(() => expect(screen.texts('.status')).toEqual(['connected']))
  expect(screen.texts('.state')).toEqual(['joining'])
  screen.show(shown('#one'))
  await eventually(() => expect(screen.texts('li')).toEqual(['null: in one (stored)']))
  screen.show(shown('#two'))
  await eventually(() => expect(screen.texts('li')).toEqual(['null: in two (stored)']))
  screen.show(shown(null))
  await eventually(() => expect(screen.texts('li')).toEqual([]))
  await eventually(async () => expect(await call('moves', hub)).toContain('-#two alice'))
})

it('a client that is closed ends the rooms on the screen, and a closed provider closes its client', async () => {
  const hub = await startHub()
  const alice = client(hub, 'alice')
  const screen = openScreen(
    <ChatProvider client={alice}>
      <Lobby />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  alice.close()
  await eventually(() => expect(screen.texts('.status')).toEqual(['closed']))
  await eventually(() => expect(screen.texts('.state')).toEqual(['ended']))
  screen.show(<Provided hub={hub} key="own" />)
  await eventually(async () => expect(await call('connections', hub)).toBe(1))
  screen.show(null)
  await eventually(async () => expect(await call('connections', hub)).toBe(0))
})

it('a page takes over what a server has rendered, without an error', async () => {
  const hub = await startHub()
  const page = (
    <StrictMode>
      <Provided hub={hub}>
        <Lobby />
      </Provided>
    </StrictMode>
  )
  const element = document.body.appendChild(document.createElement('main'))
  element.innerHTML = renderToString(page)
  expect(element.querySelector('.state')?.textContent).toBe('joining')
  expect(await call('connections', hub)).toBe(0)
  const errors: unknown[] = []
  const root = hydrateRoot(element, page, { onRecoverableError: (error) => errors.push(error) })
  onTestFinished(() => root.unmount())
  await eventually(() => expect(element.querySelector('.state')?.textContent).toBe('live'))
  expect(errors).toEqual([])
})
