import type { GlobalCall, GlobalName } from './global-calls.ts'

const clock = 'take time from w.now or w.runtime(name).now()'
const timer = 'take timers from w.runtime(name).timer'
const chance = 'take randomness from w.random() or w.runtime(name)'

/** What to take in place of what; what is not here does no harm. */
const advice: Partial<Record<GlobalName, string>> = {
  Date: clock,
  'Date.now': clock,
  'new Date': clock,
  'performance.now': clock,
  setTimeout: timer,
  setInterval: timer,
  setImmediate: timer,
  'AbortSignal.timeout': timer,
  'Math.random': chance,
  'crypto.getRandomValues': chance,
  'crypto.randomUUID': chance,
}

/**
 * Code under test has touched a real clock, timer or random source, so that the same seed would not give the same run. The message says which, where, and what to take in its place.
 */
export class GuardError extends Error {
  readonly code = 'guard'
  /** What was called: `Date.now`, `setTimeout`… */
  readonly global: string

  /** @internal */
  constructor(global: string, instead: string, stack: readonly string[]) {
    super(
      `unable to give the same run for the same seed: ${global}() was called ${placeOf(stack)}; ${instead}, or give the run fakeGlobals: true, or guard: false`,
    )
    this.name = 'GuardError'
    this.global = global
    this.stack = [`${this.name}: ${this.message}`, ...stack].join('\n')
  }
}

/**
 * Fails a run that touches a real clock, timer or random source.
 *
 * @internal
 */
export class Guard {
  /** The first call that was refused. */
  failure: GuardError | null = null

  handle(call: GlobalCall): unknown {
    const instead = advice[call.name]
    if (instead === undefined || !call.real) return call.original()
    const error = new GuardError(call.name, instead, stackBefore(call.entry))
    // Whoever called may well catch it; the run fails all the same.
    this.failure ??= error
    throw error
  }
}

/** The lines of the stack as it was when our own code was entered; Bun puts `at native` before them. */
function stackBefore(entry: GlobalCall['entry']): string[] {
  const holder: { stack?: string } = {}
  const { captureStackTrace } = Error as { captureStackTrace?(holder: object, entry: unknown): void }
  captureStackTrace?.(holder, entry)
  return (holder.stack ?? '').split('\n').filter((line) => /^\s*at (?!native$)/.test(line))
}

/** Where this package lies, the others of the SDK are beside it. */
const [, beside = '@chat/'] =
  /^(?:file:\/\/)?(.*\/)testing\/(?:src|dist)\//.exec((import.meta as { url?: string }).url ?? '') ?? []
const ours = ['core', 'testing', 'node-ws', 'http', 'browser'].flatMap((name) =>
  [beside, '@chat/'].flatMap((folder) => [`${folder}${name}/src/`, `${folder}${name}/dist/`]),
)

/** The innermost line of a stack that is neither the SDK's nor the platform's. */
function placeOf(stack: readonly string[]): string {
  const inside = (line: string): boolean =>
    line.includes('node:') || ours.some((folder) => line.includes(folder))
  return (stack.find((line) => !inside(line)) ?? stack[0] ?? 'at a place unknown').trim()
}
