import type { Runtime } from './runtime.ts'

/** Returns the time of day in milliseconds since 1970: that of the runtime, or of the platform. */
export const wallTime = (runtime: Partial<Pick<Runtime, 'wallTime'>>): number =>
  runtime.wallTime?.() ?? Date.now()
