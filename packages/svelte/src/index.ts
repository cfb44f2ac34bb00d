export type { GapItem, MessageItem, Person } from '@chat/store'
export type { ChatFunctions } from './chat-functions.ts'
export { type ClientSource, provideChat, useClient } from './client.ts'
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
} from './functions.ts'
export { chatFunctions } from './typed-functions.ts'
export type { View } from './use-store.ts'
