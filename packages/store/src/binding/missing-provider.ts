import { UsageError } from '@chat/core'
import { clientRuntime } from '@chat/core/transport'

const told = /* @__PURE__ */ new Set<string>()

/**
 * Writes an error to the console, once for each advice: components without a provider look like components whose
 * client never connects.
 *
 * @param advice - The way to give a client, in the words of the framework.
 */
export function tellMissingProvider(advice: string): void {
  if (told.has(advice)) return
  told.add(advice)
  const error = new UsageError(`unable to find a client for these components: ${advice}`)
  clientRuntime.report?.('[chat] an error of the components, shown once', error)
}
