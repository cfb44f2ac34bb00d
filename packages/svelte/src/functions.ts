import type { Client, RoomAddress, Untyped } from '@chat/core'
import {
  type CallStore,
  callStore,
  findMessages,
  findNotices,
  findPeople,
  findStatus,
  findStream,
  findTyping,
  findUnread,
  noPeople,
  noStatus,
  noStream,
  noTyping,
  noUnread,
  sharedRoom,
} from '@chat/store/binding'
import type { ChatFunctions } from './chat-functions.ts'
import { useClient } from './client.ts'
import { read, useStore } from './use-store.ts'

type Functions = ChatFunctions<Untyped>

const present = <T>(given: T | (() => T)): T => (typeof given === 'function' ? (given as () => T)() : given)

/** Returns a function that makes its result anew only for other arguments. */
function memo<Given extends readonly unknown[], Made>(
  make: (...given: Given) => Made,
): (...given: Given) => Made {
  let last: { readonly given: Given; readonly made: Made } | null = null
  return (...given) => {
    if (last === null || given.some((value, i) => value !== last?.given[i]))
      last = { given, made: make(...given) }
    return last.made
  }
}

/** Function `useRoom` of {@link ChatFunctions}, without a contract. */
export const useRoom: Functions['useRoom'] = (address, options) => {
  const client = useClient()
  const find = memo((known: Client | null, name: RoomAddress | null | undefined) =>
    sharedRoom(known, name, options),
  )
  return {
    get current() {
      return read(find(client.current, present(address)))
    },
  }
}

/** Function `useMessages` of {@link ChatFunctions}, without a contract. */
export const useMessages = ((room, events, options) =>
  useStore(
    () => findMessages(room.current, events, options),
    findMessages(null, events, options),
  )) as Functions['useMessages']

/** Function `usePeople` of {@link ChatFunctions}, without a contract. */
export const usePeople = ((room) =>
  useStore(() => findPeople(room.current), noPeople)) as Functions['usePeople']

/** Function `useTyping` of {@link ChatFunctions}, without a contract. */
export const useTyping: Functions['useTyping'] = (room, options) =>
  useStore(() => findTyping(room.current, options), noTyping)

/** Function `useUnread` of {@link ChatFunctions}, without a contract. */
export const useUnread: Functions['useUnread'] = (room, events, options) =>
  useStore(
    () => findUnread(room.current, events, { ...options, reading: present(options?.reading) }),
    noUnread,
  )

/** Function `useNotices` of {@link ChatFunctions}, without a contract. */
export const useNotices = ((events, options) => {
  const client = useClient()
  return useStore(() => findNotices(client.current, events, options), findNotices(null, events, options))
}) as Functions['useNotices']

/** Function `useStream` of {@link ChatFunctions}. */
export const useStream = ((reader) =>
  useStore(() => findStream(present(reader)), noStream)) as Functions['useStream']

/** Function `useStatus` of {@link ChatFunctions}. */
export const useStatus: Functions['useStatus'] = () => {
  const client = useClient()
  return useStore(() => findStatus(client.current), noStatus)
}

/** Function `useCall` of {@link ChatFunctions}, without a contract. */
export const useCall: Functions['useCall'] = (name) => {
  const client = useClient()
  const find: (client: Client | null) => CallStore<Untyped, typeof name> = memo((known) =>
    callStore(known, name),
  )
  return useStore(() => find(client.current), find(null))
}
