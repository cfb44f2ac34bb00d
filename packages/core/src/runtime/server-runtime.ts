import { platform } from './globals.ts'
import type { Runtime } from './runtime.ts'
import { idOf, systemRuntime } from './system-runtime.ts'

/** Random bytes that are not used yet. */
let drawn = new Uint8Array(0)

/** Takes random bytes. They are drawn in lots, because a call of the platform costs 2 µs. */
function takeRandom(count: number): Uint8Array {
  if (drawn.length < count) drawn = platform.crypto.getRandomValues(new Uint8Array(count + 1_024))
  const taken = drawn.subarray(0, count)
  drawn = drawn.subarray(count)
  return taken
}

/** The platform's runtime for hubs, which need ids for each connection. */
export const serverRuntime: Runtime = { ...systemRuntime, id: (length) => idOf(takeRandom(length)) }
