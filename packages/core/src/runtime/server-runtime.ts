import { platform } from './globals.ts'
import type { Runtime } from './runtime.ts'
import { systemRuntime } from './system-runtime.ts'

/** The 64 characters of an id: a random byte stands for one of them, with two bits to spare. */
const characters = /* @__PURE__ */ Uint8Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  (character) => character.charCodeAt(0),
)

/** Random characters that are not used yet. */
let drawn = new Uint8Array(0)

/** Takes random characters. They are drawn in lots, because a call of the platform costs 2 µs. */
function takeCharacters(count: number): Uint8Array {
  if (drawn.length < count) {
    drawn = platform.crypto.getRandomValues(new Uint8Array(count + 1_024))
    for (let i = 0; i < drawn.length; i++) drawn[i] = characters[(drawn[i] ?? 0) & 63] ?? 0
  }
  const taken = drawn.subarray(0, count)
  drawn = drawn.subarray(count)
  return taken
}

/** The platform's runtime for hubs, which need ids for each connection. */
export const serverRuntime: Runtime = {
  ...systemRuntime,
  // `apply` takes half the time of a call with `...`.
  id: (length) => Reflect.apply(String.fromCharCode, null, takeCharacters(length)),
}
