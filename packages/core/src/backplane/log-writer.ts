import { fingerprint } from '../runtime/hash.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'
import { checkRuntime } from '../vocabulary/check-option-kinds.ts'
import { checkDuration, type OptionNames } from '../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../vocabulary/check-options-with-hint.ts'
import { ChatError, UncertainError } from '../vocabulary/errors.ts'
import type { JsonText } from '../vocabulary/json-text.ts'
import type { Position } from '../vocabulary/position.ts'
import type { AppendKey, Backplane, NewMessage } from './backplane.ts'

const firstRetryDelay = 100
const maxRetryDelay = 5_000

/** Options of a {@link LogWriter}. */
export interface LogWriterOptions {
  /**
   * Maximum time for which an append is repeated while the backplane is out of reach, in milliseconds, at most its
   * `dedupeWindow`. Default: 30 000.
   */
  readonly patience?: number | undefined
  /** Clock, timers and randomness. Default: those of the platform. For tests. */
  readonly runtime?: Runtime | undefined
}

const optionNames: OptionNames<LogWriterOptions> = { patience: true, runtime: true }

/**
 * Writer of a log of a program's own, beside the logs of a hub, such as the events of another protocol. It appends in
 * the order of its calls, and repeats an append whose outcome is unknown, so that the log stores it once.
 *
 * A name that is no address is out of the reach of clients. A log whose name starts with `^` is never trimmed, but
 * forgotten as a whole ({@link NewMessage.keep}); every other log is trimmed by the retention of its backplane.
 */
export class LogWriter {
  readonly #backplane: Backplane
  readonly #log: string
  readonly #runtime: Runtime
  readonly #patience: number
  readonly #id: string
  #ref = 0
  /** Settles with the last append. */
  #last: Promise<unknown> = Promise.resolve()

  /** @throws UsageError for an option that does not exist or cannot work. */
  constructor(backplane: Backplane, log: string, options: LogWriterOptions = {}) {
    const operation = `write the log ${log}`
    checkOptionsWithHint(operation, options, optionNames)
    checkDuration(operation, 'patience', options.patience)
    checkRuntime(operation, 'runtime', options.runtime)
    const { patience = 30_000, runtime } = options
    this.#backplane = backplane
    this.#log = log
    this.#runtime = runtime ?? systemRuntime
    this.#patience = Math.min(patience, backplane.capabilities.dedupeWindow)
    this.#id = this.#runtime.id(12)
  }

  /**
   * Appends an entry, and resolves with its position. `keep` stands on the last entry of a log that starts with `^`:
   * the time in milliseconds after which the log is forgotten.
   *
   * @throws ChatError with the code of the backplane when it refuses the entry.
   * @throws UncertainError when the backplane was out of reach for too long, so that the entry may be stored.
   */
  append(event: string, data: JsonText, keep?: number): Promise<Position> {
    const ref = ++this.#ref
    const message = { event, data, meta: null, from: null, id: `${this.#id}.${ref}`, keep }
    const appended = this.#last.then(() => this.#append(message, ref))
    this.#last = appended.catch(() => {})
    return appended
  }

  async #append(message: NewMessage, ref: number): Promise<Position> {
    const hash = fingerprint(`${message.event}\n${message.data}`)
    const key = { user: '', session: this.#id, ref, hash, window: 4, by: this.#id }
    const end = this.#runtime.now() + this.#patience
    for (let delay = firstRetryDelay; ; delay = Math.min(2 * delay, maxRetryDelay)) {
      try {
        return await this.#store(message, key)
      } catch (error) {
        if (!(error instanceof ChatError && error.code === 'unavailable')) throw error
        if (this.#runtime.now() + delay > end)
          throw new UncertainError(`unable to append to ${this.#log}: the backplane is out of reach`, {
            cause: error,
          })
        await new Promise<void>((resolve) => this.#runtime.timer(delay, resolve))
      }
    }
  }

  async #store(message: NewMessage, key: AppendKey): Promise<Position> {
    const result = await this.#backplane.append(this.#log, message, key)
    if (result.outcome === 'stored' || result.outcome === 'duplicate')
      return [result.epoch, result.at, result.id]
    throw new ChatError('conflict', `unable to append to ${this.#log}: the log answers '${result.outcome}'`)
  }
}
