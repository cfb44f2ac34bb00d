import { printable, reasonOf } from '../vocabulary/text.ts'
import type { ClientRuntime } from './client-runtime.ts'

/** Number of different errors that are written; a program that fails in ever new ways must not fill a log. */
const maxWritten = 100

/** Writes an error that the application does not listen to, unless it was written for the same source before. */
export type WriteUnheard = (source: string, error: unknown) => void

/**
 * Returns the function that writes the errors of a hub or client.
 *
 * @param advice - The way to hear the errors, such as `listen with hub.on('$error', …)`.
 */
export function unheardErrors(runtime: ClientRuntime, advice: string): WriteUnheard {
  const written = new Set<string>()
  return (source, error) => {
    const shown = reasonOf(error)
    const key = `${source} ${shown}`
    if (written.has(key) || written.size >= maxWritten) return
    written.add(key)
    // Clients choose the names of some sources.
    const text = printable(`[chat] an error of ${source}, shown once; ${advice}`)
    try {
      runtime.report?.(text, error)
    } catch {
      // Consoles look at properties of an error, and those of an application may throw.
      runtime.report?.(text, shown)
    }
  }
}
