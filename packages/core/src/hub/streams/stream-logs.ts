import type { AppendKey, AppendResult, LogPage, LogRange, NewMessage } from '../../backplane/backplane.ts'
import { fingerprint } from '../../runtime/hash.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { UncertainError } from '../../vocabulary/errors.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'

const firstRetryDelay = 100
const maxRetryDelay = 5_000
/** Refs of a writer that the log remembers: one append is open at a time. */
const repetitionWindow = 4

/** An append to a stream or to its parent. */
export interface StreamAppend {
  /** The address of the log. */
  readonly address: string
  /** The message. */
  readonly message: NewMessage
  /** The session and ref of the key by which the log recognises a repetition; or the whole key, of a client. */
  readonly name: { readonly session: string; readonly ref: number } | AppendKey
  /** The position at which the log must end; `null` for a log without entries, absent for any. */
  readonly expected?: Position | null
}

/** An operation of the backplane that is repeated until it is answered. */
interface Repeated<T> {
  readonly address: string
  readonly run: () => MaybePromise<T>
  /** The time after which it is given up, on the clock of durations. */
  readonly end: number
  readonly resolve: (result: T) => void
  readonly reject: (error: UncertainError) => void
}

/**
 * The logs of streams, and those of their parents, as the hub itself writes and reads them. An operation for
 * which the backplane is out of reach is repeated until it is answered (P-SM-2, P-PB-3).
 */
export class StreamLogs {
  readonly #context: HubContext
  /** Give up the operations that are not answered yet. */
  readonly #open = new Set<(cause: unknown) => void>()
  #ended: { readonly cause: unknown } | null = null

  constructor(context: HubContext) {
    this.#context = context
  }

  /**
   * Appends, and resolves with the answer of the log. Without an expected position it is repeated only for as long
   * as the log knows the key: later, the message would be stored twice.
   *
   * @throws UncertainError when the hub is closed first, or the time for repetitions is over.
   */
  async append({ address, message, name, expected }: StreamAppend): Promise<AppendResult> {
    const { backplane, id: by } = this.#context
    const hash = fingerprint(`${message.event}\n${message.data}`)
    const key = { user: '', hash, window: repetitionWindow, by, ...name }
    let attempts = 0
    const run = (): MaybePromise<AppendResult> => {
      attempts++
      return backplane.append(address, message, key, expected)
    }
    const patience = expected === undefined ? backplane.capabilities.dedupeWindow : Number.POSITIVE_INFINITY
    const result = await this.#repeat(address, run, patience)
    // An attempt of this node has stored it, whose answer was lost.
    const ours = result.outcome === 'duplicate' && result.by === by && attempts > 1
    return ours ? { ...result, outcome: 'stored' } : result
  }

  /**
   * Reads a page.
   *
   * @throws UncertainError when the hub is closed first.
   */
  read(address: string, range: LogRange): Promise<LogPage> {
    const run = (): MaybePromise<LogPage> => this.#context.backplane.read(address, range)
    return this.#repeat(address, run, Number.POSITIVE_INFINITY)
  }

  /** Tells whether the parent of a stream knows the append of a name. */
  async knows(address: string, name: StreamAppend['name']): Promise<boolean> {
    const { backplane, id: by } = this.#context
    const key = { user: '', hash: '', window: repetitionWindow, by, ...name }
    const run = (): MaybePromise<AppendResult | null> => backplane.find(address, key)
    return (await this.#repeat(address, run, Number.POSITIVE_INFINITY)) !== null
  }

  /** Gives up all operations: the hub is closed. */
  end(cause: unknown): void {
    this.#ended = { cause }
    for (const giveUp of this.#open) giveUp(cause)
  }

  #repeat<T>(address: string, run: () => MaybePromise<T>, patience: number): Promise<T> {
    const end = this.#context.runtime.now() + patience
    return new Promise((resolve, reject) => this.#start({ address, run, end, resolve, reject }))
  }

  #start<T>(repeated: Repeated<T>): void {
    const { runtime } = this.#context
    const { address, run, end, resolve, reject } = repeated
    let wake: Undo = () => {}
    const finish = (): void => {
      wake()
      this.#open.delete(giveUp)
    }
    const giveUp = (cause: unknown): void => {
      finish()
      reject(new UncertainError(`unable to go on with ${address}: no answer of its log`, { cause }))
    }
    const tryAgain = (delay: number): void =>
      attempt(
        run,
        (result) => {
          finish()
          resolve(result)
        },
        (error) => {
          if (!this.#open.has(giveUp)) return
          this.#context.reportBackplane(error, address)
          if (runtime.now() + delay > end) return giveUp(error)
          wake = this.#wakeAfter(delay, () => tryAgain(Math.min(delay * 2, maxRetryDelay)))
        },
      )
    this.#open.add(giveUp)
    if (this.#ended === null) tryAgain(firstRetryDelay)
    else giveUp(this.#ended.cause)
  }

  /** Calls `then` after a while, or as soon as the backplane is reached again. */
  #wakeAfter(delay: number, then: () => void): Undo {
    const { runtime, backplane } = this.#context
    const undo: Undo[] = []
    const stop = (): void => {
      for (const cancel of undo.splice(0)) cancel()
    }
    const again = (): void => {
      stop()
      then()
    }
    undo.push(runtime.timer(delay, again), backplane.onReconnect(again))
    return stop
  }
}
