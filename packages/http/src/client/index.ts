export { dial } from './dial.ts'
export { type HttpDialerParts, httpDialer } from './http-dialer.ts'
export type { HttpDialOptions } from './options.ts'
