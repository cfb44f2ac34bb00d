export type { WebSocketExtra, WebSocketTransportOptions } from './options.ts'
export type { ServerWebSocket, Upgrade, Upgraded } from './socket.ts'
export { type WebSocketTransport, webSocketTransport } from './transport.ts'
