export type { HandlerOptions, HttpExtra } from '../options.ts'
export { handler, type NodeHandler } from './handler.ts'
