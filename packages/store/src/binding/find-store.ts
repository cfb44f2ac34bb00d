import type { Client, Room, StreamPart, StreamReader, Untyped } from '@chat/core'
import {
  type MessageListOptions,
  type MessagesStore,
  markWhileVisible,
  messages,
  type NoticesOptions,
  type NoticesStore,
  notices,
  type PeopleStore,
  people,
  type StatusStore,
  status,
  type TypingOptions,
  type TypingStore,
  typing,
  type UnreadOptions,
  type UnreadStore,
  unread,
} from '../index.ts'
import type { Store } from '../store.ts'
import { initialMessages } from './initial-messages.ts'
import { noMessages, noPeople, noStatus, noStream, noTyping, noUnread } from './none.ts'
import { sharedStore } from './shared-store.ts'
import { type StreamSnapshot, streamStore } from './stream-store.ts'

// Each function returns the store that components share, or the store that stands in its place while there is no room
// or no client. The contract is left out of the types: a framework's functions have it.

/**
 * Returns the store of a room's messages. While there is no room, it shows those that the server has read for the
 * page.
 */
export function findMessages(
  room: Room<Untyped> | null,
  events: string | readonly string[],
  options: MessageListOptions<Untyped> = {},
): MessagesStore<Untyped, string> {
  const { initial, ...others } = options
  const key = ['messages', events, others]
  if (room) return sharedStore(room, key, () => messages<Untyped, string>(room, events, options))
  return initial ? sharedStore(initial, key, () => initialMessages(events, options, initial)) : noMessages
}

/** Returns the store of the people in a room. */
export const findPeople = (room: Room<Untyped> | null): PeopleStore =>
  room ? sharedStore(room, ['people'], () => people(room)) : noPeople

/** Returns the store of the users who type in a room. */
export const findTyping = (room: Room<Untyped> | null, options?: TypingOptions<Untyped>): TypingStore =>
  room ? sharedStore(room, ['typing', options], () => typing(room, options)) : noTyping

/**
 * Returns the store of a room's unread messages. With `reading` its listeners are of a person who sees the end of the
 * list: what comes is marked as read while the page is visible.
 */
export function findUnread(
  room: Room<Untyped> | null,
  events: string | readonly string[],
  { reading = false, ...options }: UnreadOptions<Untyped> & { readonly reading?: boolean | undefined } = {},
): UnreadStore {
  if (!room) return noUnread
  const store = sharedStore(room, ['unread', events, options], () =>
    unread<Untyped, string>(room, events, options),
  )
  return reading ? sharedStore(store, [], () => readingStore(store)) : store
}

const readingStore = (store: UnreadStore): UnreadStore => ({
  ...store,
  subscribe(listener) {
    const undo = store.subscribe(listener)
    const stop = markWhileVisible(store)
    return () => {
      stop()
      undo()
    }
  },
})

/** Returns the store of the messages to the client's user. */
export function findNotices(
  client: Client | null,
  events: string | readonly string[],
  options: NoticesOptions = {},
): NoticesStore<Untyped, string> {
  const { initial, ...others } = options
  const key = ['notices', events, others]
  if (client) return sharedStore(client, key, () => notices<Untyped, string>(client, events, options))
  return initial ? sharedStore(initial, key, () => initialMessages(events, {}, initial)) : noMessages
}

/** Returns the store of a client's status. */
export const findStatus = (client: Client | null): StatusStore =>
  client ? sharedStore(client, ['status'], () => status(client)) : noStatus

/** Returns the store of a stream. */
export const findStream = <Part extends StreamPart>(
  reader: StreamReader<Part> | null | undefined,
): Store<StreamSnapshot<Part>> =>
  reader ? sharedStore(reader, [], () => streamStore(reader)) : (noStream as Store<StreamSnapshot<Part>>)
