import type { Room } from '@chat/core'
import type { Chat } from '../contract.ts'
import { nameOf } from '../directory.ts'
import { hooks } from './chat.ts'
import { Avatar, Button } from './parts.tsx'

/** The people in a room; agents can remove them. */
export function People({ room, agent }: { readonly room: Room<Chat> | null; readonly agent: boolean }) {
  const { people } = hooks.usePeople(room)
  const { call: expel, error } = hooks.useCall('expel')
  const { call: ban } = hooks.useCall('ban')
  return (
    <details className="people">
      <summary aria-label={`${people.length} here`}>
        {people.map(({ user }) => (
          <Avatar key={user} user={user} />
        ))}
        {people.length} here
      </summary>
      <ul>
        {people.map(({ user, me, devices }) => (
          <li key={user}>
            <Avatar user={user} /> {nameOf(user)}{' '}
            <small>{me ? 'you' : devices.length > 1 && `${devices.length} devices`}</small>
            {agent && !me && room && (
              <>
                <Button onClick={() => void expel({ room: room.address, user })}>Remove</Button>
                <Button onClick={() => void ban({ user })}>Ban</Button>
              </>
            )}
          </li>
        ))}
        {error && <li role="alert">{error.message}</li>}
      </ul>
    </details>
  )
}
