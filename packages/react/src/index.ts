'use client'
export type { GapItem, MessageItem, Person } from '@chat/store'
export type { ChatHooks } from './chat-hooks.ts'
export { ChatProvider, type ChatProviderProps, useClient } from './chat-provider.ts'
export {
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
export { chatHooks } from './typed-hooks.ts'
export type { View } from './use-store.ts'
