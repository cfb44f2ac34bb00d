export { type ConnectOptions, connect } from './connect.ts'
export type { BrowserExtra } from './connection.ts'
export { dial } from './dial.ts'
export type { BrowserDialOptions, SessionMemory } from './options.ts'
