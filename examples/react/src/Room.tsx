import { nameOf, type RoomName, roleOf, rooms } from '../directory.ts'
import { Composer } from './Composer.tsx'
import { hooks } from './chat.ts'
import { Line } from './Line.tsx'
import { People } from './People.tsx'
import { Button } from './parts.tsx'
import { usePlace } from './reading.ts'

const shown = ['say', 'answer'] as const
const folds = { last: 30, edits: 'edit', removals: 'remove', reactions: 'react' } as const

export function Room({ address, user }: { readonly address: RoomName; readonly user: string }) {
  const room = hooks.useRoom(address)
  const messages = hooks.useMessages(room, shown, folds)
  const { items, state, error, more, loadingOlder, older, send, change, retry, discard } = messages
  const { call: erase } = hooks.useCall('erase')
  const { users, type, stop } = hooks.useTyping(room, { until: 'say' })
  const { list, atEnd, onScroll } = usePlace()
  hooks.useUnread(room, shown, { reading: atEnd })
  const scroll = (): void => {
    onScroll()
    if (more && !loadingOlder && list.current && list.current.scrollTop < 200) void older(30)
  }
  return (
    <section className="room" aria-label={rooms[address]}>
      <header>
        <h2>{rooms[address]}</h2>
        <People room={room} agent={roleOf(user) === 'agent'} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls the list */}
      <ol ref={list} onScroll={scroll} role="log" aria-label="Messages" tabIndex={0}>
        {more && state !== 'loading' && (
          <li className="note">
            <Button disabled={loadingOlder} onClick={() => void older(30)}>
              Earlier messages
            </Button>
          </li>
        )}
        {items.map((item) => (
          <Line key={item.key} room={address} {...{ item, user, change, retry, discard, erase }} />
        ))}
        {state === 'loading' && <li className="note">Loading …</li>}
        {state === 'live' && items.length === 0 && (
          <li className="note">No messages yet. Say hello, or ask @Assistant.</li>
        )}
      </ol>
      {error && (
        <p className="banner" role="alert">
          {error.code === 'forbidden' ? 'You may not see this room.' : error.message}
        </p>
      )}
      <p className="typing" aria-live="polite">
        {users.length > 0 && `${users.map(nameOf).join(', ')} ${users.length > 1 ? 'are' : 'is'} typing …`}
      </p>
      {state !== 'ended' && <Composer onType={type} onStop={stop} onSend={(text) => send('say', { text })} />}
    </section>
  )
}
