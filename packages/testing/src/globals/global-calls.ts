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

/** What code can ask of the platform's clock, timers and randomness. */
export type GlobalName = (typeof functions)[number] | 'Date' | 'Date.now' | 'new Date'

/** A call of one of them. `Date`, `Date.now` and `new Date` are answered in milliseconds. */
export interface GlobalCall {
  readonly name: GlobalName
  readonly args: readonly unknown[]
  /** Whether the platform's own would answer, and not what somebody has put in its place: `vi.useFakeTimers`, a spy. */
  readonly real: boolean
  /** Calls what was there before. */
  original(): unknown
  /** The outermost of our own functions on the stack. */
  readonly entry: (...args: never[]) => unknown
}

/**
 * Answers the calls that the code of one run makes.
 *
 * @internal
 */
export type GlobalHandler = (call: GlobalCall) => unknown

type Callable = (...args: unknown[]) => unknown
type Holder = Record<string, unknown>
type DateClass = new (...args: unknown[]) => Date
type Undo = () => void

/** The run that the code of now belongs to; what it leaves behind belongs to none any more. */
const runs =
  asyncHooks === null ? null : new asyncHooks.AsyncLocalStorage<{ handler: GlobalHandler | null }>()

/** What was there when this module was loaded is the platform's own. */
const own = new Map<string, unknown>([...functions, 'Date'].map((name) => [name, at(name).value]))
/** What each of our functions stands in for: another may have put it back after we were gone. */
const originals = new WeakMap<object, object>()

let users = 0
let undoing: Undo[] = []

/** Whether code can be told whose it is: on Node, Bun and Deno, not in pages. */
export const canRedirect: boolean = runs !== null

/**
 * While something runs, answers what its code asks of the platform's globals: in every callback and after every `await`, and nobody else's. Runs may be side by side and inside
 * each other.
 *
 * @internal
 */
export async function redirectGlobals<T>(handler: GlobalHandler, run: () => Promise<T>): Promise<T> {
  if (runs === null) return run()
  const scope: { handler: GlobalHandler | null } = { handler }
  if (users++ === 0) undoing = [...functions.map(replaceFunction), replaceDate()]
  try {
    return await runs.run(scope, run)
  } finally {
    scope.handler = null
    if (--users === 0) for (const undo of undoing.splice(0)) undo()
  }
}

/** Answers a call, or calls what was there before. */
function answer(call: GlobalCall): unknown {
  const handler = runs?.getStore()?.handler
  return handler ? handler(call) : call.original()
}

function replaceFunction(name: GlobalName): Undo {
  const original = originalOf(name)
  if (typeof original !== 'function') return () => {}
  const apply = (target: Callable, self: unknown, args: unknown[]): unknown => {
    const call: GlobalCall = {
      name,
      args,
      real: target === own.get(name),
      original: () => Reflect.apply(target, self, args),
      entry: apply,
    }
    // No tail call: Bun's engine would take us off the stack, where the guard looks for us.
    return answer(call) ?? undefined
  }
  return replace(name, new Proxy(original as Callable, { apply }), original)
}

function replaceDate(): Undo {
  const Original = originalOf('Date') as DateClass & { now(): number }
  const real = Original === own.get('Date')
  const time = (name: GlobalName, entry: GlobalCall['entry']): number =>
    answer({ name, args: [], real, entry, original: () => new Original().getTime() }) as number
  const now = (): number => time('Date.now', now) + 0
  const nowBefore = Original.now
  const construct = (_: DateClass, args: unknown[], made: Callable): object =>
    Reflect.construct(Original, args.length > 0 ? args : [time('new Date', construct)], made)
  const apply = (): string => new Original(time('Date', apply)).toString()
  const get = (target: DateClass, key: string | symbol, self: unknown): unknown => {
    const value = Reflect.get(target, key, self)
    // Whoever spies on it meanwhile gets what they put there.
    return key === 'now' && value === nowBefore ? now : value
  }
  return replace('Date', new Proxy(Original, { construct, apply, get }), Original)
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
    // Somebody else has put something there meanwhile: it is theirs to take away.
    if (holder[key] !== replacement) return
    if (before === undefined) delete holder[key]
    else Object.defineProperty(holder, key, before)
  }
}

/** Where a global is: `Math.random` is `random` of `Math`. */
function at(name: string): { holder: Holder; key: string; value: unknown } {
  const [key = '', within] = name.split('.').reverse()
  const platform = globalThis as unknown as Holder
  const holder = (within === undefined ? platform : (platform[within] ?? {})) as Holder
  return { holder, key, value: holder[key] }
}
