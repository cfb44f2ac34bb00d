import type { Runtime } from '@chat/core'
import { asyncHooks } from './async-context.ts'
import type { GlobalCall, GlobalHandler, GlobalName } from './global-calls.ts'

/** What `Date` says when a world starts. */
const start = Date.UTC(2026, 0, 1)

/** What faking takes from the platform. */
interface Platform {
  readonly AbortController: new () => { readonly signal: unknown; abort(reason: unknown): void }
  readonly DOMException: new (message: string, name: string) => Error
}
const platform = globalThis as unknown as Platform

/** What fakes stand on: a clock and randomness, and timers that mean that something is under way. */
interface Ground {
  readonly runtime: Runtime
  readonly work: Runtime
}

/**
 * Answers what code asks of the platform's clock, timers and randomness from a world's.
 *
 * @internal
 */
export function fakeGlobals(ground: Ground): GlobalHandler {
  const { runtime } = ground
  const timers = new FakeTimers(ground)
  const now = (): number => start + Math.floor(runtime.now())
  const clear = (call: GlobalCall): unknown => timers.clear(call.args[0]) || call.original()
  const answers: Record<GlobalName, GlobalHandler> = {
    Date: now,
    'Date.now': now,
    'new Date': now,
    'performance.now': () => runtime.now(),
    'Math.random': () => runtime.random(),
    // The platform judges what it is given; only what it puts there is another.
    'crypto.getRandomValues': ({ original }) => fill(original() as ArrayBufferView, runtime),
    'crypto.randomUUID': () => uuid(runtime),
    'AbortSignal.timeout': ({ args }) => abortAfter(runtime, Number(args[0])),
    setTimeout: (call) => timers.set(call, 'once'),
    setInterval: (call) => timers.set(call, 'again and again'),
    setImmediate: (call) => timers.set(call, 'at once'),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  }
  return (call) => answers[call.name](call)
}

class FakeTimers {
  readonly #ground: Ground
  readonly #timers = new Map<number, FakeTimer>()
  #last = 0

  constructor(ground: Ground) {
    this.#ground = ground
  }

  set(call: GlobalCall, when: 'once' | 'again and again' | 'at once'): unknown {
    const [callback, ...rest] = call.args
    // The platform knows best how to refuse it.
    if (typeof callback !== 'function') return call.original()
    const immediate = when === 'at once'
    const [delay, ...args] = immediate ? [0, ...rest] : [delayOf(rest[0]), ...rest.slice(1)]
    const bound = asyncHooks?.AsyncLocalStorage.bind(callback) ?? callback
    const id = ++this.#last
    const runtime = immediate ? this.#ground.work : this.#ground.runtime
    const timer = new FakeTimer(id, (fired) => runtime.timer(delay, fired), {
      fire: () => {
        if (when !== 'again and again') this.#timers.delete(id)
        bound.apply(timer, args)
        return when === 'again and again'
      },
      closed: () => this.#timers.delete(id),
    })
    this.#timers.set(id, timer)
    return timer
  }

  /** Clears a timer, given as what `setTimeout` has returned or as its number; `false` when it is none of ours. */
  clear(handle: unknown): boolean {
    const timer = handle instanceof FakeTimer ? handle : this.#timers.get(Number(handle))
    timer?.close()
    return timer !== undefined
  }
}

/** What Node's `setTimeout` returns. */
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

  /** No process waits for a world's timers; they only remember that one should. */
  ref(): this {
    this.#waitedFor = true
    return this
  }

  unref(): this {
    this.#waitedFor = false
    return this
  }

  hasRef(): boolean {
    return this.#waitedFor
  }

  /** Starts it anew. */
  refresh(): this {
    this.#cancel()
    if (this.#open) this.#cancel = this.#arm(() => this.#fire())
    return this
  }

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

/** What the platforms make of a delay: whole milliseconds, at least one; what is too long or no number is one, too. */
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

/** A version 4 UUID. */
function uuid(runtime: Runtime): string {
  const bytes = fill(new Uint8Array(16), runtime)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
