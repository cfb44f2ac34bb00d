export { checkByRules, duration, type OptionRules, type Rule, sharedRules } from './client/option-rules.ts'
export type { SharedClientOptions } from './client/options.ts'
export { markLostIntegers } from './protocol/json.ts'
export { acceptedBytes } from './protocol/limits.ts'
export { type ClientRuntime, clientRuntime } from './runtime/client-runtime.ts'
export { markRaw } from './runtime/mark-raw.ts'
export { chain, isPromise, type MaybePromise } from './runtime/maybe-promise.ts'
export { BaseConnection, type ConnectionState } from './transport/base-connection.ts'
export { Batch, Frame, type Transmission } from './transport/batch.ts'
export { checkHub, isHub } from './transport/check-hub.ts'
export { ConnectRequest, type ConnectRequestParts, type HeaderEntry } from './transport/connect-request.ts'
export type {
  Connection,
  Dialer,
  DialOptions,
  Handshake,
  Sink,
  TransportCapabilities,
} from './transport/connection.ts'
export {
  answerError,
  type DialAnswer,
  type DialTarget,
  describeAnswer,
  retryAfterOf,
  unreachableError,
} from './transport/dial-error.ts'
export { agreedProtocol, type Target } from './transport/handshake.ts'
export {
  type BoundServer,
  type NodeRequest,
  type NodeRequestFacts,
  nodeRequest,
} from './transport/node-request.ts'
export { foreignOrigin } from './transport/origin-policy.ts'
export { RequestPlaces } from './transport/places.ts'
export { closeRefused, type Refusal, refusalAnswer } from './transport/refusal.ts'
export {
  type Admitted,
  type MatchedPath,
  type NotForHub,
  type Refused,
  RequestHandler,
} from './transport/request-handler.ts'
export {
  type AdmissionOptions,
  type RequestOptions,
  requestOptionNames,
} from './transport/request-options.ts'
export { isSendableCode, isWebSocketCode } from './transport/sendable-codes.ts'
export type { TransportHub } from './transport/transport-hub.ts'
export { type WebRequest, type WebRequestFacts, webRequest } from './transport/web-request.ts'
export { checkBoolean, checkFunction, checkObject } from './vocabulary/check-option-kinds.ts'
export {
  type Complete,
  checkDuration,
  checkOptions,
  describe,
  type OptionNames,
} from './vocabulary/check-options.ts'
export { checkOptionsWithHint } from './vocabulary/check-options-with-hint.ts'
