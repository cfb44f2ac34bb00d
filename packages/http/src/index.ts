export { type ConnectionInfo, type Handler, handler } from './handler.ts'
export type { AttachableHub, HandlerOptions, HttpExtra } from './options.ts'
