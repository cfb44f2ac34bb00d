export type { BunCompressor, BunFetch, BunHandlers, BunServer, BunSettings, BunSocket } from './bun.ts'
export type { BunExtra, BunTransportOptions } from './options.ts'
export { type BunTransport, bunTransport } from './transport.ts'
