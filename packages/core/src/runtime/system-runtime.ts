import { clientRuntime } from './client-runtime.ts'
import { platform } from './globals.ts'
import type { Runtime } from './runtime.ts'

/**
 * The platform's own clock, timers and cryptographic randomness: the runtime of production.
 */
export const systemRuntime: Runtime = {
  ...clientRuntime,
  wallTime: () => Date.now(),
  id(length) {
    const bytes = platform.crypto.getRandomValues(new Uint8Array(length))
    // A character of base64 stands for six bits, so so many bytes have more characters than needed.
    const text = platform.btoa(String.fromCharCode(...bytes))
    return text.replace(/\+/g, '-').replace(/\//g, '_').slice(0, length)
  },
}
