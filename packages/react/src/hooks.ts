import type { Untyped } from '@chat/core'
import {
  callStore,
  findMessages,
  findNotices,
  findPeople,
  findStatus,
  findStream,
  findTyping,
  findUnread,
  noPeople,
  noRoom,
  noStatus,
  noStream,
  noTyping,
  noUnread,
  sharedRoom,
} from '@chat/store/binding'
import { useMemo, useRef, useSyncExternalStore } from 'react'
import type { ChatHooks } from './chat-hooks.ts'
import { useClient } from './chat-provider.ts'
import { useStore } from './use-store.ts'

type Hooks = ChatHooks<Untyped>

/** Hook `useRoom` of {@link ChatHooks}, without a contract. */
export const useRoom: Hooks['useRoom'] = (address, options) => {
  const client = useClient()
  // Options of the first render: an object that is made anew in each render changes nothing.
  const { current: first } = useRef(options)
  const { subscribe, snapshot } = useMemo(() => sharedRoom(client, address, first), [client, address, first])
  return useSyncExternalStore(subscribe, snapshot, noRoom.snapshot)
}

/** Hook `useMessages` of {@link ChatHooks}, without a contract. */
export const useMessages = ((room, events, options) =>
  useStore(findMessages(room, events, options), findMessages(null, events, options))) as Hooks['useMessages']

/** Hook `usePeople` of {@link ChatHooks}, without a contract. */
export const usePeople = ((room) => useStore(findPeople(room), noPeople)) as Hooks['usePeople']

/** Hook `useTyping` of {@link ChatHooks}, without a contract. */
export const useTyping: Hooks['useTyping'] = (room, options) => useStore(findTyping(room, options), noTyping)

/** Hook `useUnread` of {@link ChatHooks}, without a contract. */
export const useUnread: Hooks['useUnread'] = (room, events, options) =>
  useStore(findUnread(room, events, options), noUnread)

/** Hook `useNotices` of {@link ChatHooks}, without a contract. */
export const useNotices = ((events, options) =>
  useStore(
    findNotices(useClient(), events, options),
    findNotices(null, events, options),
  )) as Hooks['useNotices']

/** Hook `useStream` of {@link ChatHooks}. */
export const useStream = ((reader) => useStore(findStream(reader), noStream)) as Hooks['useStream']

/** Hook `useStatus` of {@link ChatHooks}. */
export const useStatus: Hooks['useStatus'] = () => useStore(findStatus(useClient()), noStatus)

/** Hook `useCall` of {@link ChatHooks}, without a contract. */
export const useCall: Hooks['useCall'] = (name) => {
  const client = useClient()
  const store = useMemo(() => callStore(client, name), [client, name])
  return useStore(store, store)
}
