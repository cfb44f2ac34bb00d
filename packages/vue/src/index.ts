export type { GapItem, MessageItem, Person } from '@chat/store'
export type { ChatComposables } from './chat-composables.ts'
export { type ClientSource, chatPlugin, provideChat, useClient } from './client.ts'
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
} from './composables.ts'
export { chatComposables } from './typed-composables.ts'
export type { View } from './use-store.ts'
