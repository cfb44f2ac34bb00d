import type { Runtime } from '../runtime/runtime.ts'
import { describe, type OptionNames } from '../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../vocabulary/check-options-with-hint.ts'
import { UsageError } from '../vocabulary/errors.ts'

/**
 * Checks the runtime that the memory of a cluster, or its network, was given.
 *
 * @param usage - The call as it should be, such as `new MemoryStore(systemRuntime)`.
 * @throws UsageError when the value is no runtime.
 */
export function checkRuntime(operation: string, runtime: Runtime | undefined, usage: string): void {
  if (typeof runtime?.now === 'function' && typeof runtime.timer === 'function') return
  throw new UsageError(
    `unable to ${operation}: the first argument is ${describe(runtime)}, not a runtime; write \`${usage}\``,
  )
}

/** Checks options whose values, as far as they are in `functions`, have to be functions. */
export function checkFunctionOptions<Options extends object>(
  operation: string,
  options: Options,
  {
    names,
    functions,
  }: { readonly names: OptionNames<Options>; readonly functions: readonly (keyof Options & string)[] },
): void {
  checkOptionsWithHint(operation, options, names)
  for (const name of functions)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw new UsageError(
        `unable to ${operation}: the option '${name}' is ${describe(options[name])}; give a function`,
      )
}

/** Checks that the options in `names`, as far as they are given, are numbers of at least 0. */
export function checkNumberOptions<Options extends object>(
  operation: string,
  options: Options,
  names: readonly (keyof Options & string)[],
): void {
  for (const name of names) {
    const value: unknown = options[name]
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue
    throw new UsageError(
      `unable to ${operation}: the option '${name}' is ${describe(value)}; give a number of at least 0`,
    )
  }
}
