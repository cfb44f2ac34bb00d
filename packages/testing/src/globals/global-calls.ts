import { asyncHooks } from './async-context.ts'

const functions = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'performance.now',
  'Math.random',
  'crypto.getRandomValues',
  'crypto.randomUUID',
  'AbortSignal.timeout',
] as const

/** Methods of the platform that work outside of a run, and answer with a promise. */
const works = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
].map((method) => `crypto.subtle.${method}`)

/** A global of the platform that gives time, timers or randomness. */
export type GlobalName = (typeof functions)[number] | 'Date' | 'Date.now' | 'new Date'

/** A call of such a global. A handler answers `Date`, `Date.now` and `new Date` in milliseconds. */
export interface GlobalCall {
  /** Global that was called. */
  readonly name: GlobalName
  /** Arguments of the call. */
  readonly args: readonly unknown[]
  /**
   * `true` when the platform's own function would answer; `false` when a test has replaced it, as by
   * `vi.useFakeTimers` or a spy.
   */
  readonly isReal: boolean
  /** Calls the function that was in place before the redirection, and returns its result. */
  callOriginal(): unknown
  /** Outermost function of this module on the stack; a stack trace is cut below it. */
  readonly entry: (...args: never[]) => unknown
}

/** Answers the calls of globals that the code of a run makes. */
export type GlobalHandler = (call: GlobalCall) => unknown

/** The parts of a run that the globals reach. */
export interface GlobalUser {
  /** Answers a call of a clock, a timer or a random source. */
  readonly answer: GlobalHandler
  /** Takes the promise of work outside of the run, and returns the promise that the caller gets. */
  readonly hold: <T>(work: Promise<T>) => Promise<T>
}

type Callable = (...args: unknown[]) => unknown
type Holder = Record<string, unknown>
type DateClass = new (...args: unknown[]) => Date
type Undo = () => void

/** Run to which the executing code belongs. Callbacks that outlive their run have no user any more. */
const runs = asyncHooks === null ? null : new asyncHooks.AsyncLocalStorage<{ user: GlobalUser | null }>()

/** The platform's own functions: the values of the globals at the load of this module. */
const own = new Map<string, unknown>([...functions, 'Date'].map((name) => [name, at(name).value]))
/** Original behind each replacement. A test may put a replacement back after the redirection has ended. */
const originals = new WeakMap<object, object>()

let users = 0
let undoing: Undo[] = []

/**
 * `true` where the platform tells which run executing code belongs to: on Node, Bun and Deno, not in pages.
 */
export const canRedirectGlobals: boolean = runs !== null

/**
 * Redirects the globals that the code of `run` calls to `user` until the run has ended: in every callback and
 * after every `await`. The calls of other code stay as they are. Runs may overlap and nest.
 */
export async function redirectGlobals<T>(user: GlobalUser, run: () => Promise<T>): Promise<T> {
  if (runs === null) return run()
  const scope: { user: GlobalUser | null } = { user }
  if (users++ === 0) undoing = [...functions.map(replaceFunction), replaceDate(), ...works.map(replaceWork)]
  try {
    return await runs.run(scope, run)
  } finally {
    scope.user = null
    if (--users === 0) for (const undo of undoing.splice(0)) undo()
  }
}

/** Answers a call by the handler of its run, or by the original. */
function answer(call: GlobalCall): unknown {
  const user = runs?.getStore()?.user
  return user ? user.answer(call) : call.callOriginal()
}

function replaceFunction(name: GlobalName): Undo {
  const original = originalOf(name)
  if (typeof original !== 'function') return () => {}
  const apply = (target: Callable, self: unknown, args: unknown[]): unknown => {
    const call: GlobalCall = {
      name,
      args,
      isReal: target === own.get(name),
      callOriginal: () => Reflect.apply(target, self, args),
      entry: apply,
    }
    // No tail call: Bun's engine would remove this function from the stack, in which the guard looks for it.
    return answer(call) ?? undefined
  }
  return replace(name, new Proxy(original as Callable, { apply }), original)
}

function replaceDate(): Undo {
  const Original = originalOf('Date') as DateClass & { now(): number }
  const isReal = Original === own.get('Date')
  const time = (name: GlobalName, entry: GlobalCall['entry']): number =>
    answer({ name, args: [], isReal, entry, callOriginal: () => new Original().getTime() }) as number
  const now = (): number => time('Date.now', now) + 0
  const nowBefore = Original.now
  const construct = (_: DateClass, args: unknown[], made: Callable): object =>
    Reflect.construct(Original, args.length > 0 ? args : [time('new Date', construct)], made)
  const apply = (): string => new Original(time('Date', apply)).toString()
  const get = (target: DateClass, key: string | symbol, self: unknown): unknown => {
    const value = Reflect.get(target, key, self)
    // A spy that a test has set meanwhile stays in place.
    return key === 'now' && value === nowBefore ? now : value
  }
  return replace('Date', new Proxy(Original, { construct, apply, get }), Original)
}

function replaceWork(name: string): Undo {
  const original = originalOf(name)
  if (typeof original !== 'function') return () => {}
  const apply = (target: Callable, self: unknown, args: unknown[]): unknown => {
    const work = Reflect.apply(target, self, args) as Promise<unknown>
    return runs?.getStore()?.user?.hold(work) ?? work
  }
  return replace(name, new Proxy(original as Callable, { apply }), original)
}

function originalOf(name: string): object {
  const value = at(name).value as object
  return originals.get(value) ?? value
}

function replace(name: string, replacement: object, original: object): Undo {
  const { holder, key } = at(name)
  const before = Object.getOwnPropertyDescriptor(holder, key)
  originals.set(replacement, original)
  Object.defineProperty(holder, key, {
    value: replacement,
    writable: true,
    configurable: true,
    enumerable: before?.enumerable ?? false,
  })
  return () => {
    // A test has replaced the global meanwhile, and restores it itself.
    if (holder[key] !== replacement) return
    if (before === undefined) delete holder[key]
    else Object.defineProperty(holder, key, before)
  }
}

/** Finds the object that holds a global: `Math.random` is `random` of `Math`. */
function at(name: string): { holder: Holder; key: string; value: unknown } {
  const path = name.split('.')
  const key = path.pop() ?? ''
  let holder = globalThis as unknown as Holder
  for (const within of path) holder = (holder[within] ?? {}) as Holder
  return { holder, key, value: holder[key] }
}
