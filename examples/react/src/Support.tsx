import { useState } from 'react'
import { nameOf, type RoomName, roleOf, rooms, roomsOf } from '../directory.ts'
import { hooks, post } from './chat.ts'
import { Avatar, Button } from './parts.tsx'
import { Room } from './Room.tsx'
import { SignIn } from './SignIn.tsx'

/** The page of a user who has signed in: rooms, notices, and the open room. */
export function Support({ user }: { readonly user: string }) {
  const [open, setOpen] = useState<RoomName>('#delivery')
  const { status, retryIn, error, reconnect } = hooks.useStatus()
  const { items: mentions } = hooks.useNotices('mention', { last: 5 })
  if (status === 'closed')
    return (
      <SignIn reason={error?.code === 'forbidden' ? 'An agent has signed you out.' : 'Please sign in.'} />
    )
  const leave = (): void => void post(user, 'logout').finally(() => location.assign('/'))
  return (
    <div className="support">
      <nav aria-label="Rooms">
        <h1>Support</h1>
        <ul className="rooms">
          {roomsOf(roleOf(user)).map((room) => (
            <RoomButton key={room} room={room} isOpen={room === open} onOpen={() => setOpen(room)} />
          ))}
        </ul>
        {mentions.length > 0 && <h2>While you were away</h2>}
        <ul className="mentions">
          {mentions.toReversed().map((item) =>
            item.event === '$gap' || item.removed ? null : (
              <li key={item.key}>
                <Button onClick={() => setOpen(item.data.room as RoomName)}>
                  <b>{nameOf(item.data.from)}</b> {item.data.text}
                </Button>
              </li>
            ),
          )}
        </ul>
        <footer>
          <Avatar user={user} /> {nameOf(user)}
          <Button onClick={leave}>Sign out</Button>
        </footer>
      </nav>
      <main>
        {status !== 'connected' && (
          <p className="banner" role="status">
            {status === 'offline' ? 'You are offline.' : 'Connecting …'}{' '}
            {retryIn !== null && `Next attempt in ${Math.ceil(retryIn / 1_000)} s. `}
            {status !== 'connecting' && <Button onClick={reconnect}>Try now</Button>}
          </p>
        )}
        <Room key={open} address={open} user={user} />
      </main>
    </div>
  )
}

function RoomButton(props: {
  readonly room: RoomName
  readonly isOpen: boolean
  readonly onOpen: () => void
}) {
  const { room, isOpen, onOpen } = props
  const { count, more } = hooks.useUnread(hooks.useRoom(room), ['say', 'answer'])
  return (
    <li>
      <Button aria-current={isOpen ? 'page' : undefined} onClick={onOpen}>
        {rooms[room]}
        {count > 0 && <b className="unread" title="unread">{`${count}${more ? '+' : ''}`}</b>}
      </Button>
    </li>
  )
}
