import { platform } from './globals.ts'
import type { Runtime } from './runtime.ts'

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
    const [value = 0] = platform.crypto.getRandomValues(new Uint32Array(1))
    return value / 2 ** 32
  },
  id(length) {
    const bytes = platform.crypto.getRandomValues(new Uint8Array(length))
    // A character of base64 stands for six bits, so so many bytes have more characters than needed.
    const text = platform.btoa(String.fromCharCode(...bytes))
    return text.replace(/\+/g, '-').replace(/\//g, '_').slice(0, length)
  },
}
