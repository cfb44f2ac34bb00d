export type {
  BackplaneBench,
  BackplaneHarness,
  BackplaneLack,
  BackplaneStartOptions,
} from './backplane/harness.ts'
export { backplaneCases, defineBackplaneSuite } from './backplane/suite.ts'
export { ConformanceError } from './check.ts'
export type { SuiteTiming } from './poller.ts'
export { ProtocolClient, type SocketEnd } from './protocol/client.ts'
export { dialledSocket } from './protocol/dialled-socket.ts'
export type {
  WireAnswer,
  WireErrorExtra,
  WireFrame,
  WireLimits,
  WireMember,
  WireMessage,
  WireMeta,
  WirePosition,
  WireResult,
  WireStream,
  WireWelcome,
} from './protocol/frames.ts'
export type {
  EndableHub,
  ExpectedWelcome,
  ProtocolHarness,
  ProtocolLack,
  ProtocolUser,
  StreamUnderTest,
} from './protocol/harness.ts'
export type { ProtocolSocket } from './protocol/socket.ts'
export { defineProtocolSuite, protocolCases } from './protocol/suite.ts'
export type { ConformanceCase, TestRunner } from './runner.ts'
export type { Side, TransportBench, TransportHarness, TransportLack } from './transport/harness.ts'
export {
  type AcceptedPeer,
  type LinkEvent,
  LocalPeer,
  type Peer,
  type PeerStatus,
  RecordingHub,
  type StartOptions,
} from './transport/peer.ts'
export { defineTransportSuite, transportCases } from './transport/suite.ts'
