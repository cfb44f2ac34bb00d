import type { GapItem, MessageItem } from '@chat/react'
import { memo, useState } from 'react'
import type { Chat } from '../contract.ts'
import { nameOf, type RoomName, roleOf } from '../directory.ts'
import { Composer } from './Composer.tsx'
import type { hooks } from './chat.ts'
import { Avatar, Button } from './parts.tsx'

type Actions = Pick<ReturnType<typeof hooks.useMessages<'say'>>, 'change' | 'retry' | 'discard'>
interface LineProps extends Actions {
  readonly item: MessageItem<Chat, 'say' | 'answer'> | GapItem
  readonly room: RoomName
  readonly user: string
  readonly erase: ReturnType<typeof hooks.useCall<'erase'>>['call']
}

const emojis = ['👍', '❤️', '😄']
const states = {
  waiting: 'waiting',
  written: 'sending',
  stored: '',
  uncertain: 'perhaps not sent',
  refused: 'not sent',
}
const timeOf = (time: number): string =>
  new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })

/** A message with its reactions and what the user may do with it, or the place of missing messages. */
export const Line = memo(({ item, room, user, change, retry, discard, erase }: LineProps) => {
  const [isEditing, setEditing] = useState(false)
  if (item.event === '$gap')
    return <li className="note">Some messages are missing here: they are no longer kept.</li>
  const { mine, state, time, reactions, stream, streamState, position, error, changeError } = item
  const from = mine ? user : item.from // before the page has connected, only the page knows its user
  const name = nameOf(from)
  const text = item.removed ? 'This message was removed.' : item.event === 'say' ? item.data.text : item.data
  const isOpen = state === 'stored' && !item.removed && streamState !== 'open'
  const react = (emoji: string): void =>
    change(item, 'react', { emoji, on: !reactions.some((each) => each.emoji === emoji && each.mine) })
  const remove = (): void => {
    if (mine) change(item, 'remove', null)
    else if (position) void erase({ room, position })
  }
  return (
    <li className={mine ? 'line mine' : 'line'}>
      <Avatar user={from} />
      <article aria-label={name}>
        <h3>
          {name}{' '}
          <small>
            {[time && timeOf(time), item.edited && 'edited', states[state]].filter(Boolean).join(' · ')}
          </small>
        </h3>
        {isEditing ? (
          <Composer
            label="Edit"
            text={text}
            onSend={(next) => {
              change(item, 'edit', { text: next })
              setEditing(false)
            }}
          />
        ) : (
          <p className={item.removed ? 'removed' : streamState === 'open' ? 'open' : undefined}>{text}</p>
        )}
        {(error ?? changeError) && <p role="alert">{(error ?? changeError)?.message}</p>}
        {error && <Button onClick={() => retry(item)}>Try again</Button>}
        {error && <Button onClick={() => discard(item)}>Discard</Button>}
        {streamState === 'open' && <Button onClick={() => void stream?.cancel()}>Stop</Button>}
        {reactions.map(({ emoji, users, mine: isMine }) => (
          <Button
            key={emoji}
            aria-pressed={isMine}
            title={users.map(nameOf).join(', ')}
            onClick={() => react(emoji)}
          >
            {emoji} {users.length}
          </Button>
        ))}
      </article>
      {isOpen && (
        <div className="tools" role="toolbar" aria-label={`Message of ${name}`}>
          {emojis.map((emoji) => (
            <Button key={emoji} aria-label={`React with ${emoji}`} onClick={() => react(emoji)}>
              {emoji}
            </Button>
          ))}
          {mine && <Button onClick={() => setEditing(!isEditing)}>Edit</Button>}
          {(mine || roleOf(user) === 'agent') && <Button onClick={remove}>Remove</Button>}
        </div>
      )}
    </li>
  )
})
