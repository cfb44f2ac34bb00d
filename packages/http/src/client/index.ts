export { dial, type HttpDialOptions } from './dial.ts'
