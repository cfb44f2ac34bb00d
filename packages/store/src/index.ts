export type { InitialMessages } from './log-fold.ts'
export { markWhileVisible } from './mark-while-visible.ts'
export type {
  GapItem,
  ItemContent,
  ItemFields,
  ItemOf,
  MessageItem,
  MessageName,
  MessageState,
  MessagesSnapshot,
  Reaction,
} from './message-item.ts'
export { type MessageListOptions, type MessagesStore, messages } from './messages.ts'
export { type NoticesOptions, type NoticesStore, notices } from './notices.ts'
export { type PeopleSnapshot, type PeopleStore, type Person, people } from './people.ts'
export { type Receipt, seenBy } from './receipts.ts'
export type { RoomState } from './room-state.ts'
export { type StatusSnapshot, type StatusStore, status } from './status.ts'
export type { Store } from './store.ts'
export { type TypingOptions, type TypingSnapshot, type TypingStore, typing } from './typing.ts'
export { type UnreadOptions, type UnreadSnapshot, type UnreadStore, unread } from './unread.ts'
