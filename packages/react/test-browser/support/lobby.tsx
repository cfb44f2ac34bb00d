import type { RoomAddress } from '@chat/core'
import { type ReactElement, useEffect } from 'react'
import { hooks } from './chat.ts'

const { useRoom, useMessages, usePeople, useTyping, useStatus } = hooks

/** Room with all that a chat shows. */
export function Lobby({ address = '#lobby' }: { readonly address?: RoomAddress | null }): ReactElement {
  const room = useRoom(address)
  const { items, send } = useMessages(room, 'say', { edits: 'edit' })
  const { people, state, error } = usePeople(room)
  const { users, type } = useTyping(room, { until: 'say' })
  const { status } = useStatus()
  return (
    <section>
      <output className="status">{status}</output>
      <output className="state">{error?.code ?? state}</output>
      <ul>
        {items.map((item) => (
          <li key={item.key}>
            {item.event === '$gap'
              ? `gap: ${item.reason}`
              : `${item.from}: ${item.data?.text} (${item.state})`}
          </li>
        ))}
      </ul>
      <p className="people">{people.map(({ user }) => user).join()}</p>
      <p className="typing">{users.join()}</p>
      <button type="button" className="send" onClick={() => send('say', { text: 'hi' })} />
      <button type="button" className="type" onClick={type} />
    </section>
  )
}

/** Component that only counts how often it is mounted and unmounted. */
export function Counted({ counts }: { readonly counts: string[] }): null {
  useEffect(() => {
    counts.push('mount')
    return () => {
      counts.push('unmount')
    }
  }, [counts])
  return null
}
