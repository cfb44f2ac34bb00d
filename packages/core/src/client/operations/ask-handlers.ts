import { checkCarried } from '../../protocol/carried.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import type { AskFrame } from '../../protocol/hub-frames.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { type Aborter, abortion, createAborter } from '../../runtime/signal.ts'
import { ChatError, type ErrorCode, UsageError, wireParts } from '../../vocabulary/errors.ts'
import { reasonOf } from '../../vocabulary/text.ts'
import type { AskAnswers } from '../ask-answers.ts'
import type { Connector } from '../connection/connector.ts'
import type { ClientContext } from '../context.ts'
import type { AskContext } from '../events.ts'
import { checkFunction, checkName } from './checks.ts'
import type { OperationWriter } from './operation-writer.ts'
import { refuseAsk } from './refuse-ask.ts'

type Handler = (input: unknown, context: AskContext) => unknown

/** Functions that answer the hub's asks, one for each name. */
export class AskHandlers implements AskAnswers {
  readonly #context: ClientContext
  readonly #connector: Connector
  readonly #writer: OperationWriter
  readonly #handlers = new Map<string, { readonly handler: Handler }>()
  /** Signals of the asks of this connection that have no answer yet, by their numbers. */
  readonly #open = new Map<number | string, Aborter>()

  constructor(context: ClientContext, connector: Connector, writer: OperationWriter) {
    this.#context = context
    this.#connector = connector
    this.#writer = writer
  }

  has(ask: string): boolean {
    return this.#handlers.has(ask)
  }

  /**
   * Adds the handler of an ask. Returns the function that removes it.
   *
   * @throws UsageError when the name cannot be an ask's, has listeners or already has a handler, or `handler` is
   * not a function.
   */
  add(ask: string, handler: Handler): Undo {
    const { validator, listeners } = this.#context
    if (listeners.has(ask))
      throw new UsageError(
        `unable to handle '${ask}': it has listeners; an ask has a handler and no listeners, so give the event another name`,
      )
    checkName(ask)
    checkFunction(`handle '${ask}'`, 'handler', handler)
    if (validator.strict && !validator.has('asks', ask))
      throw new UsageError(`unable to handle '${ask}': it is not among the contract's asks`)
    if (this.#handlers.has(ask))
      throw new UsageError(
        `unable to handle '${ask}': it has a handler already; remove that handler before you add another`,
      )
    const entry = { handler }
    this.#handlers.set(ask, entry)
    return () => {
      if (this.#handlers.get(ask) === entry) this.#handlers.delete(ask)
    }
  }

  clear(): void {
    this.#handlers.clear()
  }

  stop(reason: Error): void {
    for (const aborter of this.#open.values()) aborter.abort(reason)
    this.#open.clear()
  }

  cancel(ask: number | string): void {
    this.#open.get(ask)?.abort(new ChatError('cancelled', 'unable to answer: the hub waits no more'))
    this.#open.delete(ask)
  }

  answer(frame: AskFrame): void {
    const [, ask, event, data, meta = null] = frame
    const entry = this.#handlers.get(event)
    if (entry === undefined) return refuseAsk({ context: this.#context, connector: this.#connector }, frame)
    const { validator } = this.#context
    const aborter = createAborter()
    const { signal } = aborter
    this.#open.set(ask, aborter)
    const since = this.#context.runtime.now()
    const write = (frame: string, code?: ErrorCode): void =>
      this.#write({ ask, event, frame, signal, code, since })
    const refuse = (error: unknown): void => {
      const known = wireParts(error)
      // A handler whose ask is over was told to fail.
      if (known === null && abortion(signal) === null) this.#context.reportError(error, event)
      const { code, message } = known ?? failed
      write(encodeFrame('refuse', ask, code, message), code)
    }
    attempt(
      () => entry.handler(validator.operation('asks', 'input', event, data), { event, meta, signal }),
      (result) => {
        try {
          validator.operation('asks', 'output', event, result)
          checkCarried(`answer '${event}'`, result)
          write(encodeFrame('reply', ask, result ?? null))
        } catch (cause) {
          refuse(new Error(`unable to answer '${event}': ${reasonOf(cause)}`, { cause }))
        }
      },
      refuse,
    )
  }

  #write({ ask, event, frame, signal, code, since }: Answer): void {
    const over = abortion(signal) !== null
    const took = this.#context.runtime.now() - since
    this.#context.observe('ask', { event, code: over ? 'cancelled' : code, took })
    if (over) return
    this.#open.delete(ask)
    if (this.#writer.fits(frame)) return this.#connector.live?.write(frame)
    const message = 'unable to answer: the answer is larger than a frame may be'
    this.#context.reportError(new ChatError('too_large', message), event)
    this.#connector.live?.write(encodeFrame('refuse', ask, 'too_large', message))
  }
}

/** Frame that answers an ask. */
interface Answer {
  readonly ask: number
  readonly event: string
  readonly frame: string
  readonly signal: AbortSignal
  /** Code of a refusal; `undefined` for an answer. */
  readonly code: ErrorCode | undefined
  /** Time of the ask. */
  readonly since: number
}

const failed = { code: 'internal', message: 'the handler of the client failed' } as const
