export type {
  BunCompressor,
  BunFetch,
  BunServer,
  BunSettings,
  BunSocket,
  BunWebSocketHandler,
} from './bun.ts'
export { type BunHandler, bunHandler } from './bun-handler.ts'
export type { BunExtra, BunHandlerOptions } from './options.ts'
