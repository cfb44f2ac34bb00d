'use client'
import { connect } from '@chat/browser'
import { ChatProvider, useMessages, useRoom, useStatus } from '@chat/react'

/** The room: `initial` has the messages that the server has read. They stay when the page becomes live. */
export function Lobby({ user, initial }) {
  return (
    <ChatProvider client={() => connect('/chat', { token: user })}>
      <Room initial={initial} />
    </ChatProvider>
  )
}

function Room({ initial }) {
  const { status } = useStatus()
  const { items, send } = useMessages(useRoom('#lobby'), 'say', { initial })
  return (
    <main>
      <h1>
        Lobby <output id="status">{status}</output>
      </h1>
      <ol id="log">
        {items.map((item) => (
          <li key={item.key} data-state={item.state}>
            {item.event === '$gap' ? 'Messages are missing here.' : `${item.from}: ${item.data?.text}`}
          </li>
        ))}
      </ol>
      <form action={(form) => void send('say', { text: form.get('text') })}>
        <input id="text" name="text" aria-label="Message" autoComplete="off" required />
        <button type="submit">Send</button>
      </form>
    </main>
  )
}
