export { takeClientOptions } from './client/connect-options.ts'
export type { SharedClientOptions } from './client/options.ts'
export { Admission, type Admitted, type Examined, type Place } from './transport/admission.ts'
export type { AdmissionOptions } from './transport/admission-options.ts'
export { BaseConnection, type ConnectionState } from './transport/base-connection.ts'
export { Batch, Frame } from './transport/batch.ts'
export {
  agreedProtocol,
  type ConnectRequest,
  connectRequest,
  type Target,
} from './transport/connect-request.ts'
export type {
  Connection,
  Dialer,
  DialOptions,
  Handshake,
  Sink,
  TransportCapabilities,
} from './transport/connection.ts'
export { type Refusal, refusalAnswer, refusalCode } from './transport/refusal.ts'
export type { TransportHub } from './transport/transport-hub.ts'
export { checkOptions, type OptionNames } from './vocabulary/check-options.ts'
