export type { HttpExtra, HttpHandlerOptions } from '../options.ts'
export { type NodeHttpHandler, nodeHttpHandler } from './node-http-handler.ts'
