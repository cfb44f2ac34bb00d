export { dial, type HttpDialOptions } from './dial.ts'
export { type HttpDialerParts, httpDialer } from './http-dialer.ts'
