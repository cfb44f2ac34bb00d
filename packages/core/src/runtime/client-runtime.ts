import { platform } from './globals.ts'
import type { Runtime } from './runtime.ts'

/** The part of a runtime that clients use: they need neither ids nor the time of day. */
export type ClientRuntime = Pick<Runtime, 'now' | 'timer' | 'defer' | 'random' | 'report'>

/** The longest delay of the platforms' timers. A longer delay would fire at once. */
const longestDelay = 2 ** 31 - 1

/** The platform's clock, timers and randomness: the runtime of a client in production. */
export const clientRuntime: ClientRuntime = {
  now: () => platform.performance.now(),
  timer(delay, callback, purpose) {
    const timer = platform.setTimeout(callback, Math.min(delay, longestDelay))
    // In a page a timer is a number, without `unref`.
    if (purpose === 'upkeep') timer.unref?.()
    return () => platform.clearTimeout(timer)
  },
  // setImmediate runs after the input of all sockets of a turn, a microtask after the input of one read.
  defer(callback) {
    const defer = platform.setImmediate ?? platform.queueMicrotask
    defer(callback)
  },
  report: (text, error) => platform.console?.error(text, error),
  random: () => {
    const [value = 0] = platform.crypto.getRandomValues(new Uint32Array(1))
    return value / 2 ** 32
  },
}
