export {
  type Address,
  type AddressKind,
  addressKind,
  everyone,
  isName,
  room,
  session,
  user,
} from './address.ts'
export {
  Admission,
  type Admitted,
  type Examined,
  type Place,
} from './admission/admission.ts'
export type { AdmissionOptions } from './admission/options.ts'
export { type Refusal, refusalAnswer, refusalCode } from './admission/refusal.ts'
export { agreedProtocol, type ConnectRequest, connectRequest, type Target } from './admission/request.ts'
export type {
  Appended,
  AppendKey,
  Backplane,
  BackplaneCapabilities,
  Durability,
  Entry,
  Hint,
  NewMessage,
  OutgoingMessage,
  Page,
  Range,
  SessionRecord,
  SessionStore,
  Taken,
} from './backplane/backplane.ts'
export type {
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresenceStore,
  PresentSession,
} from './backplane/presence.ts'
export {
  Client,
  type ClientTarget,
  type History,
  type HistoryOptions,
  type RequestOptions,
  type Stored,
} from './client/client.ts'
export type {
  AskContext,
  ClientCounters,
  ClientEvents,
  ClientListener,
  ClientStatus,
  Gap,
  Message,
  RoomEvents,
  RoomListener,
} from './client/events.ts'
export type { ClientOptions, JoinOptions, Surroundings, Token } from './client/options.ts'
export {
  type Presence,
  type PresenceChange,
  type PresenceView,
  presence,
} from './client/presence.ts'
export type { Room } from './client/room.ts'
export type { Snapshot, SnapshotEvent, SnapshotHook, SnapshotRequest } from './client/snapshot.ts'
export { CloseCode, closeReason, mayReconnect } from './close-codes.ts'
export {
  type AnyContract,
  type AskName,
  type CallName,
  type Contract,
  type ContractDefinition,
  type ContractTypes,
  contract,
  type EventData,
  type EventInput,
  type EventName,
  type Operation,
  type OperationAnswer,
  type OperationArgument,
  type OperationInput,
  type OperationResult,
  type Untyped,
} from './contract/contract.ts'
export type { PayloadFault, Schema, SchemaIssue, SchemaResult } from './contract/schema.ts'
export {
  type ApplicationErrorCode,
  ChatError,
  type ChatErrorOptions,
  type ErrorCode,
  type ProtocolErrorCode,
  UncertainError,
  UsageError,
} from './errors.ts'
export type { CallContext, HubError, HubEvents, HubListener, HubMessage, HubSession } from './hub/events.ts'
export { Hub } from './hub/hub.ts'
export type { HubCounters } from './hub/node.ts'
export type {
  Action,
  AuthorizeRequest,
  Credentials,
  HubOptions,
  Limits,
  PresenceOptions,
  Timeouts,
  User,
} from './hub/options.ts'
export type { AskOptions, AskResults, HubTarget, RemoveOptions, Sent } from './hub/target.ts'
export type { Member } from './member.ts'
export {
  MemoryBackplane,
  type MemoryBackplaneFaults,
  type MemoryBackplaneOptions,
} from './memory/backplane.ts'
export type { Direction, MemoryLink, Reset } from './memory/link.ts'
export {
  type MemoryDialOptions,
  type MemoryHost,
  MemoryNetwork,
  type MemoryNetworkOptions,
} from './memory/network.ts'
export { MemoryStore, type MemoryStoreOptions } from './memory/store.ts'
export type { Retention } from './memory/stream-log.ts'
export type { Attachment, GapReason, Position } from './position.ts'
export { jsonProtocol } from './protocol/json.ts'
export type { Later } from './runtime/later.ts'
export type { Runtime, Undo } from './runtime/runtime.ts'
export { systemRuntime } from './runtime/system.ts'
export { BaseConnection, type ConnectionState } from './transport/base-connection.ts'
export { Batch, Frame } from './transport/batch.ts'
export type {
  Connection,
  Dialer,
  DialOptions,
  Handshake,
  Sink,
  TransportCapabilities,
} from './transport/connection.ts'
