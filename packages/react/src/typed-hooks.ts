import type { AnyContract, Untyped } from '@chat/core'
import type { ChatHooks } from './chat-hooks.ts'
import { ChatProvider, useClient } from './chat-provider.ts'
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
} from './hooks.ts'

/**
 * Returns all hooks, typed by a contract. Call it once, in a module from which the components import:
 *
 * ```ts
 * export const { ChatProvider, useMessages, useRoom } = chatHooks<typeof chat>()
 * ```
 *
 * Without a contract, import the hooks from this package themselves.
 */
export function chatHooks<C extends AnyContract = Untyped>(): ChatHooks<C> {
  const hooks: ChatHooks<Untyped> = {
    ChatProvider,
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
  return hooks as unknown as ChatHooks<C>
}
