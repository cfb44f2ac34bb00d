import type { AnyContract, Untyped } from '@chat/core'
import type { ChatFunctions } from './chat-functions.ts'
import { provideChat, useClient } from './client.ts'
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
} from './functions.ts'

/**
 * Returns all functions, typed by a contract. Call it once, in a module from which the components import:
 *
 * ```ts
 * export const { provideChat, useMessages, useRoom } = chatFunctions<typeof chat>()
 * ```
 *
 * Without a contract, import the functions from this package themselves.
 */
export function chatFunctions<C extends AnyContract = Untyped>(): ChatFunctions<C> {
  const functions: ChatFunctions<Untyped> = {
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
  return functions as unknown as ChatFunctions<C>
}
