import type { Runtime } from './runtime.ts'

/** Returns the time of day in milliseconds since 1970: that of the runtime, or of the platform. */
export const wallTime = (runtime: object): number => (runtime as Partial<Runtime>).wallTime?.() ?? Date.now()
