export { type BackplaneStreamOptions, backplaneStream, type RunSource } from './backplane-stream.ts'
