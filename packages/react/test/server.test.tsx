import type { ReactElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import { ChatProvider, useCall, useMessages, usePeople, useRoom, useStatus, useTyping } from '../src/index.ts'

function Lobby(): ReactElement {
  const room = useRoom('#lobby')
  const { items, state } = useMessages(room, 'say')
  const { people } = usePeople(room)
  const { users } = useTyping(room)
  const { status } = useStatus()
  const { pending } = useCall('rename')
  return <p>{JSON.stringify([room, items, state, people, users, status, pending])}</p>
}

const shown = JSON.stringify([null, [], 'loading', [], [], 'connecting', false]).replaceAll('"', '&quot;')

test('a server renders a page without a client, and connects none', () => {
  let connected = 0
  const connect = (): never => {
    connected++
    throw new Error('connected')
  }
  for (const client of [null, connect])
    expect(
      renderToString(
        <ChatProvider client={client}>
          <Lobby />
        </ChatProvider>,
      ),
    ).toBe(`<p>${shown}</p>`)
  expect(connected).toBe(0)
})

test('hooks without a provider show what they show without a client, and the console tells it once', () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  for (const _ of [1, 2]) expect(renderToString(<Lobby />)).toBe(`<p>${shown}</p>`)
  expect(told.mock.calls.map(([, error]) => String(error))).toEqual([
    'UsageError: unable to find a client for these components: put <ChatProvider client={…}> around them; give it the client null where there is none',
  ])
  told.mockRestore()
})
