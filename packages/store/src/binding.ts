export { type CallArguments, type CallSnapshot, type CallStore, callStore } from './binding/call-store.ts'
export {
  findMessages,
  findNotices,
  findPeople,
  findStatus,
  findStream,
  findTyping,
  findUnread,
} from './binding/find-store.ts'
export { tellMissingProvider } from './binding/missing-provider.ts'
export { noMessages, noPeople, noRoom, noStatus, noStream, noTyping, noUnread } from './binding/none.ts'
export { sharedRoom } from './binding/shared-room.ts'
export type { StreamSnapshot } from './binding/stream-store.ts'
export { takeClient } from './binding/take-client.ts'
