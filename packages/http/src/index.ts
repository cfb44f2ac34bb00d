export { type ConnectionInfo, type Handler, handler } from './handler.ts'
export type { HandlerOptions, HttpExtra } from './options.ts'
