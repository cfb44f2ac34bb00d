interface Port {
  onmessage: (() => void) | null
  postMessage(message: null): void
  /** Node's ports keep the process alive, or not. */
  ref?(): void
  unref?(): void
}

/** What the platform has for that. */
export interface MacrotaskPlatform {
  readonly setImmediate?: (callback: () => void) => unknown
  readonly MessageChannel: new () => { readonly port1: Port; readonly port2: Port }
}

/**
 * What calls back as a macrotask of its own: all microtasks before it have run by then. A faked `setImmediate`, as `vi.useFakeTimers` leaves it, would wait for somebody
 * who never comes; pages have none, and their `setTimeout` is slow when nested.
 *
 * @internal
 */
export function macrotaskOf({
  setImmediate,
  MessageChannel,
}: MacrotaskPlatform): (callback: () => void) => void {
  if (setImmediate !== undefined && !('clock' in setImmediate)) return (callback) => setImmediate(callback)
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
