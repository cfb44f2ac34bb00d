import type { GlobalCall, GlobalName } from './global-calls.ts'

const clock = 'take time from w.now or w.runtime(name).now()'
const timer = 'take timers from w.runtime(name).timer'
const chance = 'take randomness from w.random() or w.runtime(name)'

/** Replacement that the error suggests for each refused global. Globals without an entry are harmless. */
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
 * Code under test has used a real clock, timer or random source, so the same seed would not give the same
 * run. The message names the global, the line of the call, and the replacement.
 */
export class GuardError extends Error {
  /** Always `'guard'`. */
  readonly code = 'guard'
  /** Global that was called: `Date.now`, `setTimeout`… */
  readonly global: string

  /** @internal Made by the guard of a world. */
  constructor(global: string, instead: string, stack: readonly string[]) {
    super(
      `unable to give the same run for the same seed: ${global}() was called ${placeOf(stack)}; ${instead}, or give the run fakeGlobals: true, or guard: false`,
    )
    this.name = 'GuardError'
    this.global = global
    this.stack = [`${this.name}: ${this.message}`, ...stack].join('\n')
  }
}

/** Fails a run that uses a real clock, timer or random source. */
export class Guard {
  /** Error of the first call that was refused; `null` when every call was allowed. */
  failure: GuardError | null = null

  /**
   * Answers a call of a global.
   *
   * @throws GuardError when the platform's own clock, timer or random source would answer.
   */
  handle(call: GlobalCall): unknown {
    const instead = advice[call.name]
    if (instead === undefined || !call.isReal) return call.callOriginal()
    const error = new GuardError(call.name, instead, stackBefore(call.entry))
    // The code under test may catch the error; the run fails all the same.
    this.failure ??= error
    throw error
  }
}

/** Returns the lines of the stack below the redirected global. Bun puts `at native` before them. */
function stackBefore(entry: GlobalCall['entry']): string[] {
  const holder: { stack?: string } = {}
  const { captureStackTrace } = Error as { captureStackTrace?(holder: object, entry: unknown): void }
  captureStackTrace?.(holder, entry)
  return (holder.stack ?? '').split('\n').filter((line) => /^\s*at (?!native$)/.test(line))
}

/** Folder of this package; the other packages of the SDK are beside it. */
const [, beside = '@chat/'] =
  /^(?:file:\/\/)?(.*\/)testing\/(?:src|dist)\//.exec((import.meta as { url?: string }).url ?? '') ?? []
const ours = ['core', 'testing', 'node-ws', 'http', 'browser'].flatMap((name) =>
  [beside, '@chat/'].flatMap((folder) => [`${folder}${name}/src/`, `${folder}${name}/dist/`]),
)

/** Returns the innermost line of a stack that is neither the SDK's nor the platform's. */
function placeOf(stack: readonly string[]): string {
  const inside = (line: string): boolean =>
    line.includes('node:') || ours.some((folder) => line.includes(folder))
  return (stack.find((line) => !inside(line)) ?? stack[0] ?? 'at an unknown line').trim()
}
