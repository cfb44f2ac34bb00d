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
import { computed, toValue } from 'vue'
import type { ChatComposables } from './chat-composables.ts'
import { useClient } from './client.ts'
import { useSnapshot, useStore } from './use-store.ts'

type Composables = ChatComposables<Untyped>

/** Composable `useRoom` of {@link ChatComposables}, without a contract. */
export const useRoom: Composables['useRoom'] = (address, options) => {
  const client = useClient()
  return useSnapshot(
    computed(() => sharedRoom(client.value, toValue(address), options)),
    noRoom.snapshot(),
  )
}

/** Composable `useMessages` of {@link ChatComposables}, without a contract. */
export const useMessages = ((room, events, options) =>
  useStore(
    () => findMessages(toValue(room), events, options),
    findMessages(null, events, options),
  )) as Composables['useMessages']

/** Composable `usePeople` of {@link ChatComposables}, without a contract. */
export const usePeople = ((room) =>
  useStore(() => findPeople(toValue(room)), noPeople)) as Composables['usePeople']

/** Composable `useTyping` of {@link ChatComposables}, without a contract. */
export const useTyping: Composables['useTyping'] = (room, options) =>
  useStore(() => findTyping(toValue(room), options), noTyping)

/** Composable `useUnread` of {@link ChatComposables}, without a contract. */
export const useUnread: Composables['useUnread'] = (room, events, options) =>
  useStore(
    () => findUnread(toValue(room), events, { ...options, reading: toValue(options?.reading) }),
    noUnread,
  )

/** Composable `useNotices` of {@link ChatComposables}, without a contract. */
export const useNotices = ((events, options) => {
  const client = useClient()
  return useStore(() => findNotices(client.value, events, options), findNotices(null, events, options))
}) as Composables['useNotices']

/** Composable `useStream` of {@link ChatComposables}. */
export const useStream = ((reader) =>
  useStore(() => findStream(toValue(reader)), noStream)) as Composables['useStream']

/** Composable `useStatus` of {@link ChatComposables}. */
export const useStatus: Composables['useStatus'] = () => {
  const client = useClient()
  return useStore(() => findStatus(client.value), noStatus)
}

/** Composable `useCall` of {@link ChatComposables}, without a contract. */
export const useCall: Composables['useCall'] = (name) => {
  const client = useClient()
  return useStore(() => callStore(client.value, name), callStore<Untyped, typeof name>(null, name))
}
