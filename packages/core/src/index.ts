export { Client, type ClientConstructor } from './client/client-constructor.ts'
export type {
  AskContext,
  AskHandler,
  CallResult,
  ClientEvents,
  ClientListener,
  ClientMessage,
  RoomEvents,
  StreamListener,
  StreamMessage,
} from './client/events.ts'
export { handleAsk } from './client/handle-ask.ts'
export type { MessageCursor, MessageGap, MessagesOptions } from './client/message-cursor.ts'
export type { ClientObservation } from './client/observation.ts'
export type {
  CallOptions,
  ClientOptions,
  ConnectionHints,
  JoinOptions,
  Token,
} from './client/options.ts'
export { openOutbox } from './client/outbox/open-outbox.ts'
export type {
  Outbox,
  OutboxEntry,
  OutboxItem,
  OutboxOptions,
  OutboxState,
  OutboxStorage,
} from './client/outbox-types.ts'
export type { KeepPositionsOptions, PositionSource, PositionStorage } from './client/position-storage.ts'
export type { Presence, PresenceChange } from './client/presence.ts'
export type {
  Snapshot,
  SnapshotEvent,
  SnapshotHook,
  SnapshotRequest,
  SnapshotSource,
} from './client/snapshot.ts'
export type { ReaderState, StreamReader, StreamResult } from './client/stream-reader.ts'
export type { ClientStreamEnd, ClientStreamWriter, OpenStreamOptions } from './client/stream-sender.ts'
export { openStream } from './client/streams/open-stream.ts'
export { readStreams } from './client/streams/read-streams.ts'
export { stream } from './client/streams/stream.ts'
export { type ClientParts, clientParts } from './client/subscriptions/client-parts.ts'
export { keepPositions } from './client/subscriptions/keep-positions.ts'
export { readMessages } from './client/subscriptions/read-messages.ts'
export { restoreFrom } from './client/subscriptions/restore-from.ts'
export type { Room } from './client/subscriptions/room.ts'
export { type WatchPresenceOptions, watchPresence } from './client/subscriptions/watch-presence.ts'
export type {
  Cast,
  ClientCounters,
  ClientStatus,
  ClientTarget,
  Delivery,
  Gap,
} from './client/types.ts'
export {
  type AnyContract,
  type AskName,
  type CallName,
  type ClientEventName,
  type ClientStreamName,
  type Contract,
  type ContractTypes,
  contract,
  type EventData,
  type EventInput,
  type EventName,
  type OperationAnswer,
  type OperationArgument,
  type OperationInput,
  type OperationResult,
  type PresenceInput,
  type PresenceState,
  type ServerEventName,
  type StreamData,
  type StreamedCallName,
  type StreamInput,
  type StreamName,
  type Untyped,
} from './contract/contract.ts'
export type { ContractMessage, HistoryMessage } from './contract/contract-message.ts'
export type { ContractDefinition, Operation } from './contract/definition.ts'
export type { PartSource, ReadableParts } from './contract/part-source.ts'
export type { Raw, RawTypes } from './contract/raw.ts'
export type { PayloadFault, Schema, SchemaIssue, SchemaResult } from './contract/schema.ts'
export type {
  OpenReaders,
  Streamed,
  StreamKind,
  StreamPart,
  StreamSchema,
  StreamSource,
} from './contract/stream.ts'
export type { Validator } from './contract/validator.ts'
export type { HubCounters } from './hub/context.ts'
export type {
  CallContext,
  HubCast,
  HubDelivery,
  HubError,
  HubEvents,
  HubHandler,
  HubListener,
  HubMessage,
  HubSession,
  HubStreamListener,
  HubStreamMessage,
} from './hub/events.ts'
export { Hub, type HubConstructor } from './hub/hub-constructor.ts'
export type { HubObservation } from './hub/observation.ts'
export type {
  AuthorizeAction,
  AuthorizeRequest,
  Credentials,
  HubOptions,
  KnownUser,
  Limits,
  PresenceOptions,
  StreamsOptions,
  Timeouts,
  User,
} from './hub/options.ts'
export type { StreamEnd } from './hub/streams/stream-ends.ts'
export type { StreamWriter } from './hub/streams/stream-writer.ts'
export type {
  AskOptions,
  AskResults,
  ConnectedSession,
  HubTarget,
  RemoveOptions,
  SessionsOptions,
} from './hub/target/hub-target.ts'
export { jsonProtocol } from './protocol/json.ts'
export type { MaybePromise } from './runtime/maybe-promise.ts'
export type { Runtime, Undo } from './runtime/runtime.ts'
export { systemRuntime } from './runtime/system-runtime.ts'
export type { AdmissionLimits } from './transport/admission.ts'
export {
  type Address,
  type Addresses,
  type AddressKind,
  type AddressText,
  address,
  addressKind,
  type Destination,
  type RoomAddress,
} from './vocabulary/address.ts'
export { CloseCode, closeReason, mayReconnect } from './vocabulary/close-codes.ts'
export {
  type ApplicationErrorCode,
  ChatError,
  type ChatErrorOptions,
  type ErrorCode,
  type ProtocolErrorCode,
  UncertainError,
  UsageError,
} from './vocabulary/errors.ts'
export type { HistoryOptions, HistoryPage } from './vocabulary/history.ts'
export type { PresenceMember } from './vocabulary/member.ts'
export type { Message, RedactedMessage } from './vocabulary/message.ts'
export type { Meta } from './vocabulary/meta.ts'
export type { GapReason, Position, Stored } from './vocabulary/position.ts'
export type { EndState, StreamState } from './vocabulary/stream.ts'
export { isName } from './vocabulary/text.ts'
