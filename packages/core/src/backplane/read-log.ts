import { gapReason } from '../log/gap-reason.ts'
import { checkSignal } from '../runtime/check-signal.ts'
import type { Runtime, Undo } from '../runtime/runtime.ts'
import { abortion, onAbort } from '../runtime/signal.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'
import { checkBoolean, checkRuntime } from '../vocabulary/check-option-kinds.ts'
import type { OptionNames } from '../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../vocabulary/check-options-with-hint.ts'
import { ChatError } from '../vocabulary/errors.ts'
import type { Position } from '../vocabulary/position.ts'
import type { Backplane, LogEntry, LogPage } from './backplane.ts'

const pageSize = 256
/** Times after which a log is read again without a hint, in milliseconds: hints of some backplanes may be lost. */
const intervals = { complete: 30_000, connected: 10_000, lossy: 1_000 } as const
/** Time after which a log that was out of reach is read again, in milliseconds. */
const retryDelay = 1_000

/** Entry of a log, with its position. */
export interface PlacedEntry extends LogEntry {
  /** Position of the entry. */
  readonly position: Position
}

/** Options of {@link readLog}. */
export interface ReadLogOptions {
  /** Position to begin after. Default: the beginning of what the log keeps. */
  readonly after?: Position | undefined
  /** `true` reads on at the end of the log, until `signal` aborts. Default: `false`, the loop ends there. */
  readonly follow?: boolean | undefined
  /** Ends the loop. */
  readonly signal?: AbortSignal | undefined
  /** Timers. Default: those of the platform. For tests. */
  readonly runtime?: Runtime | undefined
}

const optionNames: OptionNames<ReadLogOptions> = { after: true, follow: true, signal: true, runtime: true }

/**
 * Reads a log of a program's own ({@link LogWriter}) in order, each entry once.
 *
 * @throws UsageError for an option that does not exist or cannot work, when the loop begins.
 * @throws ChatError `not_found` when the log no longer has the entries after the position, or has lost entries while
 * it was read; without `follow`, `unavailable` when the backplane is out of reach.
 */
export async function* readLog(
  backplane: Backplane,
  log: string,
  options: ReadLogOptions = {},
): AsyncGenerator<PlacedEntry, undefined> {
  const operation = `read the log ${log}`
  checkOptionsWithHint(operation, options, optionNames)
  checkBoolean(operation, 'follow', options.follow)
  checkSignal(operation, options.signal)
  checkRuntime(operation, 'runtime', options.runtime)
  const { follow = false, signal, runtime = systemRuntime } = options
  const bell = new Bell(runtime)
  const undos = follow
    ? [backplane.tail(log, bell.ring), backplane.onReconnect(bell.ring), onAbort(signal, bell.ring)]
    : []
  let position = options.after ?? null
  try {
    while (abortion(signal) === null) {
      const page = await readPage(backplane, log, { position, follow })
      for (const entry of page?.entries ?? []) {
        position = [page?.epoch ?? '', entry.at, entry.id]
        yield { ...entry, position }
        if (abortion(signal) !== null) return
      }
      if (page?.more) continue
      if (!follow) return
      await bell.wait(page === null ? retryDelay : intervals[backplane.capabilities.hints])
    }
  } finally {
    for (const undo of undos) undo()
  }
}

/** Reads the page after a position; `null` when the log is out of reach, and is to be read again. */
async function readPage(
  backplane: Backplane,
  log: string,
  { position, follow }: { readonly position: Position | null; readonly follow: boolean },
): Promise<LogPage | null> {
  let page: LogPage
  try {
    page = await backplane.read(log, { after: position?.[1] ?? 0, limit: pageSize })
  } catch (error) {
    if (follow && error instanceof ChatError && error.code === 'unavailable') return null
    throw error
  }
  const reason = position === null ? null : gapReason(position, { ...page, idAt: page.afterId })
  if (reason === null) return page
  throw new ChatError('not_found', `unable to read ${log}: it no longer has the entries after the position`, {
    detail: { reason },
  })
}

/** Wakes a loop that waits. A ring while the loop does not wait ends the next wait at once. */
class Bell {
  readonly #runtime: Runtime
  #rung = false
  #wake: () => void = () => {}

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  readonly ring = (): void => {
    this.#rung = true
    this.#wake()
  }

  async wait(time: number): Promise<void> {
    if (!this.#rung) {
      let undo: Undo = () => {}
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        undo = this.#runtime.timer(time, resolve, 'upkeep')
      })
      undo()
    }
    this.#rung = false
  }
}
