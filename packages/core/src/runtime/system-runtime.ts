import { platform } from './globals.ts'
import type { Runtime } from './runtime.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/** The longest delay of the platforms' timers. A longer delay would fire at once. */
const longestDelay = 2 ** 31 - 1

/**
 * The platform's own clock, timers and cryptographic randomness: the runtime of production.
 */
export const systemRuntime: Runtime = {
  now: () => platform.performance.now(),
  wallTime: () => Date.now(),
  timer(delay, callback, purpose) {
    const timer = platform.setTimeout(callback, Math.min(delay, longestDelay))
    // In a page a timer is a number, without `unref`.
    if (purpose === 'upkeep') timer.unref?.()
    return () => platform.clearTimeout(timer)
  },
  // setImmediate runs after the input of all sockets of a turn, a microtask after the input of one read.
  defer(callback) {
    if (platform.setImmediate) platform.setImmediate(callback)
    else platform.queueMicrotask(callback)
  },
  random: () => {
    const [a = 0, b = 0, c = 0, d = 0] = platform.crypto.getRandomValues(new Uint8Array(4))
    return (((a * 256 + b) * 256 + c) * 256 + d) / 2 ** 32
  },
  id(length) {
    let id = ''
    for (const byte of platform.crypto.getRandomValues(new Uint8Array(length))) id += alphabet[byte & 63]
    return id
  },
}
