import type { Runtime } from '@chat/core'
import { asyncHooks } from './async-context.ts'
import type { GlobalCall, GlobalHandler, GlobalName } from './global-calls.ts'

/** The platform's classes that fakes make instances of. */
interface Platform {
  readonly AbortController: new () => { readonly signal: unknown; abort(reason: unknown): void }
  readonly DOMException: new (message: string, name: string) => Error
}
const platform = globalThis as unknown as Platform

/** The sources of time and randomness behind the fakes. */
interface FakeSources {
  readonly runtime: Runtime
  /** Timers that stand for work under way. */
  readonly work: Runtime
}

/** Returns a handler that answers the platform's clock, timers and randomness from a world's. */
export function fakeGlobals(sources: FakeSources): GlobalHandler {
  const { runtime } = sources
  const timers = new FakeTimers(sources)
  const now = (): number => runtime.wallTime()
  const clear = (call: GlobalCall): unknown => timers.clear(call.args[0]) || call.callOriginal()
  const answers: Record<GlobalName, GlobalHandler> = {
    Date: now,
    'Date.now': now,
    'new Date': now,
    'performance.now': () => runtime.now(),
    'Math.random': () => runtime.random(),
    // The platform validates the argument; only the bytes come from the world.
    'crypto.getRandomValues': ({ callOriginal }) => fill(callOriginal() as ArrayBufferView, runtime),
    'crypto.randomUUID': () => uuid(runtime),
    'AbortSignal.timeout': ({ args }) => abortAfter(runtime, Number(args[0])),
    setTimeout: (call) => timers.set(call, 'once'),
    setInterval: (call) => timers.set(call, 'repeatedly'),
    setImmediate: (call) => timers.set(call, 'at once'),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  }
  return (call) => answers[call.name](call)
}

class FakeTimers {
  readonly #sources: FakeSources
  readonly #timers = new Map<number, FakeTimer>()
  #last = 0

  constructor(sources: FakeSources) {
    this.#sources = sources
  }

  set(call: GlobalCall, when: 'once' | 'repeatedly' | 'at once'): unknown {
    const [callback, ...rest] = call.args
    // The platform throws its own error for an argument that is not a function.
    if (typeof callback !== 'function') return call.callOriginal()
    const immediate = when === 'at once'
    const [delay, ...args] = immediate ? [0, ...rest] : [delayOf(rest[0]), ...rest.slice(1)]
    const bound = asyncHooks?.AsyncLocalStorage.bind(callback) ?? callback
    const id = ++this.#last
    const runtime = immediate ? this.#sources.work : this.#sources.runtime
    const timer = new FakeTimer(id, (fired) => runtime.timer(delay, fired), {
      fire: () => {
        if (when !== 'repeatedly') this.#timers.delete(id)
        bound.apply(timer, args)
        return when === 'repeatedly'
      },
      closed: () => this.#timers.delete(id),
    })
    this.#timers.set(id, timer)
    return timer
  }

  /**
   * Clears a timer, given as the object that `setTimeout` returned or as its number. Returns `false` for a
   * timer of the platform.
   */
  clear(handle: unknown): boolean {
    const timer = handle instanceof FakeTimer ? handle : this.#timers.get(Number(handle))
    timer?.close()
    return timer !== undefined
  }
}

/** A timer with the methods of the object that Node's `setTimeout` returns. */
class FakeTimer {
  readonly #id: number
  readonly #arm: (fired: () => void) => () => void
  readonly #hooks: { readonly fire: () => boolean; readonly closed: () => void }
  #cancel: () => void
  #open = true
  #waitedFor = true

  constructor(
    id: number,
    arm: (fired: () => void) => () => void,
    hooks: { readonly fire: () => boolean; readonly closed: () => void },
  ) {
    this.#id = id
    this.#arm = arm
    this.#hooks = hooks
    this.#cancel = arm(() => this.#fire())
  }

  /** Sets the flag of `hasRef`; a world's timers never keep a process alive. */
  ref(): this {
    this.#waitedFor = true
    return this
  }

  /** Clears the flag of `hasRef`. */
  unref(): this {
    this.#waitedFor = false
    return this
  }

  /** Returns the flag that `ref` and `unref` set. */
  hasRef(): boolean {
    return this.#waitedFor
  }

  /** Restarts the delay of the timer. */
  refresh(): this {
    this.#cancel()
    if (this.#open) this.#cancel = this.#arm(() => this.#fire())
    return this
  }

  /** Cancels the timer. */
  close(): this {
    this.#open = false
    this.#cancel()
    this.#hooks.closed()
    return this
  }

  [Symbol.toPrimitive](): number {
    return this.#id
  }

  #fire(): void {
    const again = this.#hooks.fire()
    if (again && this.#open) this.#cancel = this.#arm(() => this.#fire())
  }
}

/**
 * Returns a delay as platforms read it: whole milliseconds, at least 1; also 1 for a value that is too large
 * or not a number.
 */
function delayOf(delay: unknown): number {
  const wanted = Math.trunc(Number(delay))
  return wanted >= 1 && wanted < 2 ** 31 ? wanted : 1
}

function abortAfter(runtime: Runtime, delay: number): unknown {
  const controller = new platform.AbortController()
  const reason = (): Error =>
    new platform.DOMException('The operation was aborted due to timeout', 'TimeoutError')
  runtime.timer(delay, () => controller.abort(reason()))
  return controller.signal
}

function fill<View extends ArrayBufferView>(view: View, runtime: Runtime): View {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(runtime.random() * 256)
  return view
}

/** Returns a version 4 UUID. */
function uuid(runtime: Runtime): string {
  const bytes = fill(new Uint8Array(16), runtime)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
