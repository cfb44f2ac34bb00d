import type { ClientRuntime } from './client-runtime.ts'

/** Number of different errors that are written; a program that fails in ever new ways must not fill a log. */
const maxWritten = 100

/** Writes the errors of an application that it does not listen to, each of them once. */
export class UnheardErrors {
  readonly #runtime: ClientRuntime
  readonly #advice: string
  readonly #written = new Set<string>()

  /** @param advice - The way to hear the errors, such as `listen with hub.on('$error', …)`. */
  constructor(runtime: ClientRuntime, advice: string) {
    this.#runtime = runtime
    this.#advice = advice
  }

  /** Writes an error, unless it was written for the same source before. */
  write(source: string, error: unknown): void {
    const key = `${source} ${error}`
    if (this.#written.has(key) || this.#written.size >= maxWritten) return
    this.#written.add(key)
    this.#runtime.report?.(`[chat] an error of ${source}, shown once; ${this.#advice}`, error)
  }
}
