export type { WebSocketExtra, WebSocketHandlerOptions } from './options.ts'
export type { ServerWebSocket, Upgrade, Upgraded } from './socket.ts'
export { type WebSocketHandler, webSocketHandler } from './web-socket-handler.ts'
