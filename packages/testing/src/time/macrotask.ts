interface Port {
  onmessage: (() => void) | null
  postMessage(message: null): void
  /** Keeps the process alive on Node. */
  ref?(): void
  unref?(): void
}

/** The parts of the platform that can schedule a macrotask. */
export interface MacrotaskPlatform {
  readonly setImmediate?: (callback: () => void) => unknown
  readonly MessageChannel: new () => { readonly port1: Port; readonly port2: Port }
}

/**
 * Returns a function that calls back in a macrotask of its own, after all pending microtasks.
 *
 * A faked `setImmediate`, as `vi.useFakeTimers` leaves it, would never fire. Pages have no `setImmediate`,
 * and delay their nested `setTimeout`.
 */
export function macrotaskOf({
  setImmediate,
  MessageChannel,
}: MacrotaskPlatform): (callback: () => void) => void {
  if (setImmediate !== undefined && !('clock' in setImmediate)) return inBatches(setImmediate)
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => {
    const callback = waiting.shift()
    if (waiting.length === 0) port1.unref?.()
    callback?.()
  }
  port1.unref?.()
  return (callback) => {
    waiting.push(callback)
    port1.ref?.()
    port2.postMessage(null)
  }
}

/** Number of immediates to set together. */
const batch = 32

/**
 * Sets immediates in advance. The platform runs all microtasks between two of them, as between two turns of its event
 * loop, and does not look for input and output before each, which costs more than a step of a simulation.
 */
function inBatches(setImmediate: (callback: () => void) => unknown): (callback: () => void) => void {
  const waiting: (() => void)[] = []
  let ahead = 0
  const runNext = (): void => {
    ahead--
    waiting.shift()?.()
  }
  return (callback) => {
    waiting.push(callback)
    if (waiting.length <= ahead) return
    ahead += batch
    for (let n = 0; n < batch; n++) setImmediate(runNext)
  }
}
