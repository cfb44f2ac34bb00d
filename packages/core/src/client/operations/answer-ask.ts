import type { Validator } from '../../contract/validator.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import type { Emitter } from '../../runtime/emitter.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { ChatError, isWireCode } from '../../vocabulary/errors.ts'
import { isEventName } from '../../vocabulary/event-name.ts'

/** An ask that the hub has put to this client. */
export interface Asked {
  readonly ask: number
  readonly event: string
  readonly data: unknown
  /** Aborted when the connection that carried it ends. */
  readonly signal: AbortSignal
}

/** Where an answer goes: to the connection that carried the ask, or nowhere. */
export interface Answering {
  answer(asked: Asked, frame: string): void
  fault(error: unknown, subject: string): void
}

/**
 * Answers an ask with what its first listener returns, or refuses it.
 *
 * @internal
 */
export function answerAsk(emitter: Emitter, guard: Validator, asked: Asked, to: Answering): void {
  const { ask, event, data, signal } = asked
  const refuse = (error: unknown): void => {
    const known = error instanceof ChatError && isWireCode(error.code) ? error : null
    if (known === null) to.fault(error, event)
    const { code, message } = known ?? { code: 'internal', message: 'something failed inside the client' }
    to.answer(asked, encodeFrame('refuse', ask, code, message))
  }
  const [handler] = isEventName(event) ? emitter.listeners(event) : []
  if (handler === undefined)
    return refuse(new ChatError('not_found', `unable to answer '${event}': nobody does here`))
  attempt(
    () => (handler as Handler)(guard.operation('asks', 'input', event, data), { event, signal }),
    (result) => {
      try {
        guard.operation('asks', 'output', event, result)
        to.answer(asked, encodeFrame('reply', ask, result ?? null))
      } catch (cause) {
        refuse(new Error(`unable to answer '${event}': the result does not fit`, { cause }))
      }
    },
    refuse,
  )
}

type Handler = (input: unknown, context: { event: string; signal: AbortSignal }) => unknown
