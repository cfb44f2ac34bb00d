export { type ConnectionInfo, type HttpHandler, httpHandler } from './http-handler.ts'
export type { HttpExtra, HttpHandlerOptions } from './options.ts'
