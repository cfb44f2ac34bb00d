import type { AnyContract, Untyped } from '@chat/core'
import type { ChatComposables } from './chat-composables.ts'
import { chatPlugin, provideChat, useClient } from './client.ts'
import {
  useCall,
  useMessages,
  useNotices,
  usePeople,
  useRoom,
  useStatus,
  useStream,
  useTyping,
  useUnread,
} from './composables.ts'

/**
 * Returns all composables, typed by a contract. Call it once, in a module from which the components import:
 *
 * ```ts
 * export const { chatPlugin, useMessages, useRoom } = chatComposables<typeof chat>()
 * ```
 *
 * Without a contract, import the composables from this package themselves.
 */
export function chatComposables<C extends AnyContract = Untyped>(): ChatComposables<C> {
  const composables: ChatComposables<Untyped> = {
    chatPlugin,
    provideChat,
    useClient,
    useRoom,
    useMessages,
    usePeople,
    useTyping,
    useUnread,
    useNotices,
    useStream,
    useStatus,
    useCall,
  }
  return composables as unknown as ChatComposables<C>
}
