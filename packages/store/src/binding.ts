export { type CallArguments, type CallSnapshot, type CallStore, callStore } from './binding/call-store.ts'
export {
  findMessages,
  findPeople,
  findStatus,
  findStream,
  findTyping,
} from './binding/find-store.ts'
export { noMessages, noPeople, noRoom, noStatus, noStream, noTyping } from './binding/none.ts'
export { sharedRoom } from './binding/shared-room.ts'
export type { StreamSnapshot } from './binding/stream-store.ts'
